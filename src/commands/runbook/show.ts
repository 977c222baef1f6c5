import {Args} from '@oclif/core'
import {BaseCommand, fromCommandLine} from '../../base-command.ts'
import {lookupAnswer, type Answer} from '../../lib/output/document.ts'
import {escalationBody} from '../../lib/output/views/escalation.ts'
import {runbookBody, runbookView} from '../../lib/output/views/runbook.ts'
import {findRunbook} from '../../lib/procedures/runbook.ts'

export default class RunbookShow extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'Show one runbook: what it means, how to find the cause, what to do.'
  static override description =
    'The page is shown for reading; nothing in it is run. Commands stand alone on their lines, as they are pasted. Needs neither a configuration nor the network.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> restore',
    {description: 'The checklist of the morning.', command: '<%= config.bin %> <%= command.id %> daily'},
  ]
  static override args = {
    name: Args.string({...fromCommandLine, description: 'Name of the page, as runbook list shows it.', required: true}),
  }

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(RunbookShow)
    const {openRunbooks, whoIsCalled} = await import('../../context.ts')
    const runbook = await findRunbook(args.name, await openRunbooks(this.config.root, flags.config))
    const escalation = await whoIsCalled({config: flags.config, env: flags.env})
    return lookupAnswer('runbook-show', {
      human: runbookView(runbook, escalation, this.mode),
      message: runbook.title,
      body: {runbook: runbookBody(runbook), escalation: escalationBody(escalation)},
    })
  }
}
