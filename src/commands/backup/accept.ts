import {Args} from '@oclif/core'
import {BaseCommand, changeFlags, duration, fromCommandLine} from '../../base-command.ts'
import {perform} from '../../lib/change.ts'
import {exitCodes} from '../../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../../lib/output/document.ts'
import {markView} from '../../lib/output/views/mark-backup.ts'
import {markBackup} from '../../lib/procedures/mark-backup.ts'

export default class BackupAccept extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Say that a suspiciously small backup is as it should be.'
  static override description =
    'A backup with far less in it than those before it is kept and flagged, and nothing is cleaned up until somebody has looked. Accepting it lets retention go on, and makes it what later backups are compared with.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 20260102T020000Z-3f9a1c',
    {description: 'See what would be accepted.', command: '<%= config.bin %> <%= command.id %> latest --dry-run'},
  ]

  static override args = {
    backup: Args.string({...fromCommandLine, description: 'An id, the beginning or end of one, or `latest`.', required: true}),
  }

  static override flags = changeFlags

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(BackupAccept)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {ports, config} = await this.context()
    const {assertMarkable} = await import('../../physical-answers.ts')
    assertMarkable(config, args.backup)
    const {plan, result} = await perform(markBackup, {selector: args.backup, mark: 'accept'}, ports, options)
    if (!result) return planAnswer('backup-accept', plan.summary)
    const {set, marks, places, failures} = result
    return changeAnswer('backup-accept', {
      human: markView(result),
      message: `backup ${set.manifest.id} is accepted`,
      exitCode: failures.length > 0 ? exitCodes.warning : 0,
      body: {id: set.manifest.id, accepted: marks.accepted ?? null, anomalies: set.manifest.anomalies ?? [], places, failures},
    })
  }
}
