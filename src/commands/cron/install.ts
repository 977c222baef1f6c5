import {changeFlags, TimerCommand, timerFlags} from '../../timer-command.ts'
import {changeAnswer, planAnswer, type Answer} from '../../lib/output/document.ts'
import {timerView} from '../../lib/output/views/cron.ts'
import {applyTimer, planInstall} from '../../lib/procedures/cron-install.ts'

export default class CronInstall extends TimerCommand {
  static override kind = 'change' as const
  static override summary = 'Have this machine call sparkone every five minutes, to run what is due by the schedule.'
  static override description =
    'Writes a timer of systemd where systemd runs, otherwise a file in /etc/cron.d, and changes nothing where it is there already. A file of that name that somebody else wrote is left alone. sparkone cron print shows what would be written.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'See what would be done.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    {description: 'Into the tree of another machine.', command: '<%= config.bin %> <%= command.id %> --root /mnt/server --system cron.d'},
  ]
  static override flags = {...timerFlags, 'dry-run': changeFlags['dry-run']}

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(CronInstall)
    const {ports} = await this.context()
    const {input, warnings} = await this.timerInput(flags)
    const plan = await planInstall(input, ports)
    if (flags['dry-run']) return planAnswer('cron-install', [...plan.summary, ...warnings])
    await applyTimer(plan, ports)
    return changeAnswer('cron-install', {
      human: timerView(plan, warnings),
      message: `${plan.system} calls sparkone every five minutes`,
      exitCode: warnings.length === 0 ? 0 : 1,
      body: {system: plan.system, changes: [...plan.summary], warnings: [...warnings]},
    })
  }
}
