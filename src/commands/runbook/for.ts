import {Args} from '@oclif/core'
import {BaseCommand, fromCommandLine} from '../../base-command.ts'
import {lookupAnswer, type Answer} from '../../lib/output/document.ts'
import {escalationBody} from '../../lib/output/views/escalation.ts'
import {runbookBody, runbookView} from '../../lib/output/views/runbook.ts'
import {runbookFor} from '../../lib/procedures/runbook.ts'

export default class RunbookFor extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'Show the runbook that answers an alert.'
  static override description =
    'Takes the name of the alert as Alertmanager, Slack or the pager shows it. Needs neither a configuration nor the network: the pages are part of the installation.'
  static override examples = ['<%= config.bin %> <%= command.id %> ApiDown', '<%= config.bin %> <%= command.id %> DiskCritical --json']
  static override args = {alert: Args.string({...fromCommandLine, description: 'Name of the alert.', required: true})}

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(RunbookFor)
    const {openRunbooks, whoIsCalled} = await import('../../context.ts')
    const runbook = await runbookFor(args.alert, await openRunbooks(this.config.root, flags.config))
    const escalation = await whoIsCalled({config: flags.config, env: flags.env})
    return lookupAnswer('runbook-for', {
      human: runbookView(runbook, escalation, this.mode),
      message: runbook.title,
      body: {alert: args.alert, runbook: runbookBody(runbook), escalation: escalationBody(escalation)},
    })
  }
}
