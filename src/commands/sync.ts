import {BaseCommand, changeFlags, duration} from '../base-command.ts'
import {perform} from '../lib/change.ts'
import {retentionInputOf} from '../lib/config/retention-input.ts'
import type {Proof} from '../lib/domain/backup-set.ts'
import type {JobName} from '../lib/domain/job.ts'
import {exitCodes, OperatorError} from '../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {provenMeasurements} from '../lib/output/proof-answer.ts'
import {syncMessage, syncView} from '../lib/output/views/sync.ts'
import {sync, type TargetResult} from '../lib/procedures/sync.ts'
import type {SyncPlan} from '../lib/procedures/sync/plan.ts'

export default class Sync extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Finish the copies off-site: send what is missing there, from where a run that died left off.'
  static override description =
    'Every backup that lies here and not whole at a target is copied, and confirmed by body, size and checksum before its manifest is. Parts that a target has already are not sent again. Uploads that nobody ends are given up. A target that is down does not stop the others.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'See what is missing.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    {description: 'From cron: silent when all is well.', command: '<%= config.bin %> <%= command.id %> --cron'},
  ]

  static override flags = changeFlags

  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(Sync)
    return flags['dry-run'] ? null : 'sync'
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Sync)
    const {ports, config} = await this.context()
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    if (config.backup.engine === 'pgbackrest' && config.backup.offsite.length === 0) throw withoutTarget()
    const {plan, result} = await perform(sync, {retention: retentionInputOf(config).offsite}, ports, options)
    if (!result) return planAnswer('sync', plan.summary)
    const copied = result.flatMap((target) => target.copied)
    return changeAnswer('sync', {
      human: syncView(result),
      message: syncMessage(result),
      exitCode: result.some(({failures}) => failures.length > 0) ? exitCodes.warning : 0,
      measurements: [
        {label: 'offsite', value: result.length > 0 && result.every(({failures}) => failures.length === 0) ? 1 : 0},
        {label: 'copies', value: copied.length},
        {label: 'bytes', value: copied.reduce((sum, {bytes}) => sum + bytes, 0), unit: 'B'},
        ...takenProofs(plan, result).slice(0, 1).flatMap(provenMeasurements),
      ],
      body: {
        targets: result.map(({failures, ...target}) => ({
          ...target,
          failures: failures.map(({id, message, hint}) => ({id, message, hint})),
        })),
      },
    })
  }
}

/** Returns the proofs of databases that were taken from elsewhere, the newest first. */
function takenProofs({targets}: SyncPlan, results: readonly TargetResult[]): Proof[] {
  const taken = new Set(results.flatMap((result) => result.taken))
  return targets
    .flatMap((target) => target.taken)
    .filter(({set: {manifest}}) => manifest.kind !== 'files' && taken.has(manifest.id))
    .map(({proof}) => proof)
    .toSorted((one, other) => other.verifiedAt.localeCompare(one.verifiedAt))
}

/** Its own repositories are what pgBackRest copies to; what sparkone copies are sets of files. */
function withoutTarget(): OperatorError {
  return new OperatorError('usage', 'No store off-site is configured, and what pgBackRest keeps is copied by pgBackRest.', {
    hint: 'Give pgBackRest a second repository far away (repo2-type=s3); backup.offsite is for backups of files.',
  })
}
