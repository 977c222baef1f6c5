import {BaseCommand} from '../../base-command.ts'
import {lookupAnswer, type Answer} from '../../lib/output/document.ts'
import {runbookListView} from '../../lib/output/views/runbook.ts'

export default class RunbookList extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'List the runbooks: one for each alert, each command and each checklist.'
  static override description =
    'Reads the pages that came with sparkone and those in the folder runbooks of the project, which stand in for packaged ones of the same name. Needs neither a configuration nor the network.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(RunbookList)
    const {openRunbooks} = await import('../../context.ts')
    const pages = await (await openRunbooks(this.config.root, flags.config)).all()
    const runbooks = pages.map(({name, title, alerts, severity, owner, reviewBy, origin, file, problems}) => {
      return {name, title, alerts, severity, owner, reviewBy, origin, file, problems}
    })
    return lookupAnswer('runbook-list', {
      human: runbookListView(pages, this.mode),
      message: `${pages.length} runbooks`,
      body: {runbooks},
    })
  }
}
