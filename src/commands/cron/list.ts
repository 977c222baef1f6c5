import {BaseCommand} from '../../base-command.ts'
import {lookupAnswer, type Answer} from '../../lib/output/document.ts'
import {cronListView} from '../../lib/output/views/cron.ts'
import {listJobs} from '../../lib/procedures/cron-list.ts'

export default class CronList extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'Show what runs by schedule: when it ran, how it ended, when it runs next, and what calls it.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  protected async answer(): Promise<Answer> {
    const {ports, config} = await this.context()
    const {schedulesOf} = await import('../../lib/config/attendance-input.ts')
    const list = await listJobs(schedulesOf(config), ports)
    return lookupAnswer('cron-list', {
      human: cronListView(list, this.mode),
      message: `${list.jobs.length} jobs have a schedule`,
      body: {...list},
    })
  }
}
