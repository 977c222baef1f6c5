import {TimerCommand, timerFlags} from '../../timer-command.ts'
import {lookupAnswer, type Answer} from '../../lib/output/document.ts'
import {planInstall} from '../../lib/procedures/cron-install.ts'
import {timerFilesView} from '../../lib/output/views/cron.ts'

export default class CronPrint extends TimerCommand {
  static override kind = 'lookup' as const
  static override summary = 'Show the files that cron install would write, and write none.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'For a machine without systemd.', command: '<%= config.bin %> <%= command.id %> --system cron.d'},
  ]
  static override flags = timerFlags

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(CronPrint)
    const {ports} = await this.context()
    const {input} = await this.timerInput(flags)
    const {system, changes} = await planInstall(input, ports)
    const files = changes.flatMap(({path, after}) => (after === null ? [] : [{path, text: after}]))
    return lookupAnswer('cron-print', {human: timerFilesView(files), message: `${files.length} files for ${system}`, body: {system, files}})
  }
}
