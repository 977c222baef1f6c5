import {Args, Flags} from '@oclif/core'
import {BaseCommand, changeFlags, duration, fromCommandLine} from '../base-command.ts'
import {commandAfter} from '../did-you-mean.ts'
import {OperatorError} from '../lib/errors.ts'
import type {Answer} from '../lib/output/document.ts'
import {deploy} from '../lib/procedures/deploy.ts'
import {answerRelease} from '../release-answers.ts'

export default class Deploy extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Bring up a release behind the proxy without losing a request, and put the one before back when it does badly.'
  static override description =
    'Takes a proven backup, unless a recent one is there, brings the schema up to date, replaces the containers one by one as each new one is well, asks the API behind its proxy, and watches errors, p95 and answers for a while. What failed is put back, which ends with 8. The ledger (sparkone releases) has what was brought up, by whom, and what came of it.'
  static override examples = [
    {description: 'See what would happen.', command: '<%= config.bin %> <%= command.id %> 1.4.2 --dry-run'},
    {description: 'Bring up a version.', command: '<%= config.bin %> <%= command.id %> 1.4.2'},
    {description: 'Where releases are commits (deploy.source: git): the newest.', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'Replace the containers for new settings.', command: '<%= config.bin %> <%= command.id %> --restart'},
  ]

  static override args = {
    reference: Args.string({...fromCommandLine, description: 'Tag of the images; with deploy.source git a tag, branch or commit.'}),
  }

  static override flags = {
    ...changeFlags,
    'skip-backup': Flags.boolean({default: false, summary: 'Take no backup first, however old the last one is.'}),
    restart: Flags.boolean({default: false, summary: 'Replace every container, also where its image stays the same.'}),
  }

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(Deploy)
    if (args.reference !== undefined) assertReference(args.reference, this.config.commandIDs)
    const context = await this.context()
    const {releaseRulesOf} = await import('../lib/config/release-rules.ts')
    const {allowEmpty, anomaly, jobs = null} = context.config.backup
    const input = {
      reference: args.reference,
      rules: releaseRulesOf(context.config),
      backup: {allowEmpty, anomaly, jobs, tags: ['deploy']},
      skipBackup: flags['skip-backup'],
      restart: flags.restart,
    }
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    return answerRelease('deploy', deploy, input, {context, options})
  }
}

/** Throws `usage` for what is rather a misspelled word of sparkone than the name of a version: something would be fetched before anybody noticed. */
function assertReference(reference: string, commandIds: readonly string[]): void {
  const meant = reference.startsWith('-') || reference === 'help' ? 'deploy --help' : commandMeant(reference, commandIds)
  if (meant === null) return
  throw new OperatorError('usage', `${reference} is taken for no version.`, {
    hint: `Did you mean sparkone ${meant}? A tag or branch of that name can be given another one, or by its commit.`,
  })
}

function commandMeant(reference: string, commandIds: readonly string[]): string | null {
  return commandAfter(
    'deploy',
    reference,
    commandIds.map((id) => id.replaceAll(':', ' ')),
  )
}
