import {Args, Flags} from '@oclif/core'
import {BaseCommand, changeFlags, duration, fromCommandLine} from '../../base-command.ts'
import {perform} from '../../lib/change.ts'
import {exitCodes} from '../../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../../lib/output/document.ts'
import {markView} from '../../lib/output/views/mark-backup.ts'
import {markBackup} from '../../lib/procedures/mark-backup.ts'

export default class BackupKeep extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Mark a backup to be kept, whatever the rules of retention say.'
  static override description = 'The mark is written beside each copy of the backup, here and off-site, and holds until it is taken away.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 20260102T020000Z-3f9a1c',
    {description: 'Leave it to the rules again.', command: '<%= config.bin %> <%= command.id %> 3f9a1c --remove'},
  ]

  static override args = {
    backup: Args.string({...fromCommandLine, description: 'An id, the beginning or end of one, or `latest`.', required: true}),
  }

  static override flags = {...changeFlags, remove: Flags.boolean({summary: 'Take the mark away.'})}

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(BackupKeep)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const input = {selector: args.backup, mark: flags.remove ? ('release' as const) : ('keep' as const)}
    const {ports, config} = await this.context()
    const {assertMarkable} = await import('../../physical-answers.ts')
    assertMarkable(config, args.backup)
    const {plan, result} = await perform(markBackup, input, ports, options)
    if (!result) return planAnswer('backup-keep', plan.summary)
    const {set, marks, places, failures} = result
    return changeAnswer('backup-keep', {
      human: markView(result),
      message: `backup ${set.manifest.id} is ${marks.keep ? 'kept' : 'left to the rules'}`,
      exitCode: failures.length > 0 ? exitCodes.warning : 0,
      body: {id: set.manifest.id, keep: marks.keep ?? null, places, failures},
    })
  }
}
