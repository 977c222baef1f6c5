import {Args, Flags} from '@oclif/core'
import {BaseCommand, changeFlags, duration, fromCommandLine} from '../base-command.ts'
import type {Answer} from '../lib/output/document.ts'
import {rollback} from '../lib/procedures/rollback.ts'
import {answerRelease} from '../release-answers.ts'

export default class Rollback extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Go back to a release that was good, if it can work with the schema that the database has.'
  static override description =
    'Without a name to the last good release before the one that runs. A release that cannot work with the schema is refused with 6 before anything is touched, and the ways that are left are named; --with-data also restores the backup that was taken when it was replaced. Gated and watched as a deployment is; what fails is put back, which ends with 8.'
  static override examples = [
    {description: 'See what would happen.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {description: 'To a certain version.', command: '<%= config.bin %> <%= command.id %> 1.4.1'},
    {
      description: 'With the data of before, where the schema forbids it otherwise.',
      command: '<%= config.bin %> <%= command.id %> 1.4.1 --with-data',
    },
  ]

  static override args = {
    release: Args.string({
      ...fromCommandLine,
      description: 'Version, or id of a release or the beginning of one; sparkone releases shows them.',
    }),
  }

  static override flags = {
    ...changeFlags,
    'with-data': Flags.boolean({default: false, summary: 'Restore the backup that was taken when the release was replaced, too.'}),
  }

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(Rollback)
    const context = await this.context()
    const {releaseRulesOf} = await import('../lib/config/release-rules.ts')
    const input = {selector: args.release, withData: flags['with-data'], rules: releaseRulesOf(context.config)}
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    return answerRelease('rollback', rollback, input, {context, options})
  }
}
