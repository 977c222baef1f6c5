import {BaseCommand} from '../../base-command.ts'
import {exitCodes} from '../../lib/errors.ts'
import {changeAnswer, type Answer} from '../../lib/output/document.ts'
import {cronRunView} from '../../lib/output/views/cron.ts'
import {runDue} from '../../lib/procedures/cron-run.ts'

export default class CronRun extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Run what is due by the schedule; what the timer calls every few minutes.'
  static override description =
    'Each job that is due runs as a process of its own, one after the other, backups first. A run that was missed is made up once; one that failed is tried again after schedule.retry. The exit code is that of the first job that did not end well.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'As the timer calls it: silent when all is well.', command: '<%= config.bin %> <%= command.id %> --cron'},
  ]

  protected async answer(): Promise<Answer> {
    const {ports, config} = await this.context()
    const {schedulesOf} = await import('../../lib/config/attendance-input.ts')
    const schedules = schedulesOf(config)
    const look = await runDue(schedules, ports)
    // A job that found the lock held is tried again; when that goes on, it says so itself.
    const failed = look.ran.find(({exitCode}) => exitCode !== 0 && exitCode !== exitCodes.locked)
    const answer = changeAnswer('cron-run', {
      human: cronRunView(look, schedules.length),
      message: `${look.ran.length} of ${schedules.length} jobs ran`,
      exitCode: failed?.exitCode ?? 0,
      body: {...look},
    })
    // What the jobs had to say they have said themselves.
    return {...answer, quiet: true}
  }
}
