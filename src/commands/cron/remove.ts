import {changeFlags, TimerCommand, timerFlags} from '../../timer-command.ts'
import {changeAnswer, planAnswer, type Answer} from '../../lib/output/document.ts'
import {timerView} from '../../lib/output/views/cron.ts'
import {applyTimer, planRemoval} from '../../lib/procedures/cron-install.ts'

export default class CronRemove extends TimerCommand {
  static override kind = 'change' as const
  static override summary = 'Take away what cron install wrote; what ran and when stays remembered.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --dry-run']
  static override flags = {root: timerFlags.root, 'dry-run': changeFlags['dry-run']}

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(CronRemove)
    const {ports} = await this.context()
    const plan = await planRemoval({caller: ports.settings, root: this.rootOf(flags.root)}, ports)
    if (flags['dry-run']) return planAnswer('cron-remove', plan.summary)
    await applyTimer(plan, ports)
    return changeAnswer('cron-remove', {
      human: timerView(plan, []),
      message: plan.changes.length === 0 ? 'nothing was installed' : 'sparkone is not called any more',
      body: {changes: [...plan.summary]},
    })
  }
}
