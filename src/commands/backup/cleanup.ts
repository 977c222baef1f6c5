import {BaseCommand, changeFlags, duration} from '../../base-command.ts'
import {perform} from '../../lib/change.ts'
import {retentionInputOf} from '../../lib/config/retention-input.ts'
import {describeContents, totalBytes} from '../../lib/domain/backup-set.ts'
import type {JobName} from '../../lib/domain/job.ts'
import {exitCodes} from '../../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../../lib/output/document.ts'
import {cleanupView, type CleanupReport} from '../../lib/output/views/cleanup.ts'
import {cleanup, type CleanupPlan, type CleanupResult} from '../../lib/procedures/cleanup.ts'

export default class BackupCleanup extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Remove the backups that no rule of backup.retention keeps, here and off-site.'
  static override description =
    'Only proven backups count, and the newest of them stay whatever the rules say (backup.retention.floor). Nothing is removed while the last backup failed, is not proven, or is suspiciously small. Each backup is shown with the reasons for which it stays or goes.'
  static override examples = [
    {description: 'See what would stay and what would go, and why.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {description: 'From cron.', command: '<%= config.bin %> <%= command.id %> --yes --cron'},
  ]

  static override flags = changeFlags

  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(BackupCleanup)
    return flags['dry-run'] ? null : 'cleanup'
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(BackupCleanup)
    const {ports, config} = await this.context()
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {cleanUpPhysically, isPhysical} = await import('../../physical-answers.ts')
    const physical = isPhysical(config) ? await cleanUpPhysically({ports, config}, options) : null
    const {plan, result, swept} = await perform(cleanup, retentionInputOf(config), ports, options)
    const report = {places: [...(physical ? [physical.place] : []), ...reportOf(plan, result).places]}
    const look = {...this.mode, now: ports.clock.now()}
    if (!result) {
      const planned = planAnswer('backup-cleanup', [...(physical?.summary ?? []), ...plan.summary])
      return {...planned, human: `${cleanupView(report, look)}\nNothing was changed.`, body: {...planned.body, ...report}}
    }
    const freedBytes = bytesOf(result, false) + (physical?.freedBytes ?? 0)
    const hiddenBytes = bytesOf(result, true)
    const {removed, kept, failed} = countsOf(report)
    return changeAnswer('backup-cleanup', {
      human: [...swept.map((line) => `Cleaned up: ${line}`), cleanupView(report, look)].join('\n'),
      message: [...problemsOf(report), `${removed} removed, ${kept} kept`].join('; '),
      exitCode: exitCodeOf(plan, result, physical?.place ?? null),
      measurements: [
        {label: 'removed', value: removed},
        {label: 'kept', value: kept},
        {label: 'failed', value: failed},
        {label: 'freed', value: freedBytes, unit: 'B'},
        {label: 'hidden', value: hiddenBytes, unit: 'B'},
      ],
      body: {...report, freedBytes, hiddenBytes, swept},
    })
  }
}

function reportOf({places}: CleanupPlan, result: CleanupResult | null): CleanupReport {
  return {
    places: places.map(({name, location, failure, databases, sets}) => {
      const failures = new Map(result?.failures.filter(({place}) => place === name).map(({id, error}) => [id, error.message]))
      const hidden = new Set(result?.removed.filter((each) => each.place === name && each.hidden).map(({set}) => set.manifest.id))
      return {
        name,
        location,
        failure: failure?.message ?? null,
        databases: databases.map(({database, frozen, due}) => ({database, frozen: frozen?.message ?? null, due})),
        backups: sets.map(({set: {manifest, proof}, keep, reasons}) => ({
          id: manifest.id,
          database: manifest.database,
          startedAt: manifest.startedAt,
          bytes: totalBytes(manifest),
          proven: proof?.passed ?? null,
          action: keep ? ('keep' as const) : ('remove' as const),
          reasons,
          failure: failures.get(manifest.id) ?? null,
          hidden: hidden.has(manifest.id),
        })),
      }
    }),
  }
}

function bytesOf({removed}: CleanupResult, hidden: boolean): number {
  return removed.filter((each) => each.hidden === hidden).reduce((sum, {set}) => sum + totalBytes(set.manifest), 0)
}

function countsOf({places}: CleanupReport): {removed: number; kept: number; failed: number} {
  const backups = places.flatMap((place) => place.backups)
  const failed = backups.filter(({failure}) => failure !== null).length
  const doomed = backups.filter(({action}) => action === 'remove').length
  return {removed: doomed - failed, kept: backups.length - doomed, failed}
}

/** Returns what keeps the command from ending well, one line each. */
function problemsOf({places}: CleanupReport): string[] {
  return [
    ...places.flatMap(({name, failure}) => (failure === null ? [] : [`${name}: ${failure}`])),
    ...obstaclesIn(places),
    ...places.flatMap(({name, backups}) =>
      backups.flatMap(({id, failure}) => (failure === null ? [] : [`${name}: ${id} could not be removed: ${failure}`])),
    ),
  ]
}

/** The same reason holds in every place that has the backups: it is said once, with all it holds for. */
function obstaclesIn(places: CleanupReport['places']): string[] {
  const found = places.flatMap(({name, databases}) =>
    databases.flatMap(({database, frozen, due}) => (frozen !== null && due > 0 ? [{name, database, frozen}] : [])),
  )
  return [...Map.groupBy(found, ({frozen}) => frozen)].map(([frozen, held]) => {
    const whose = [...Map.groupBy(held, ({database}) => database)].map(
      ([database, of]) => `${describeContents(database)} in ${of.map(({name}) => name).join(', ')}`,
    )
    return `${frozen} (${whose.join('; ')})`
  })
}

/** What is due and does not happen is a warning; when nothing at all that was due could be done, the run has the code of the first reason. */
function exitCodeOf({places}: CleanupPlan, {removed, failures}: CleanupResult, physical: CleanupReport['places'][number] | null): number {
  const [first] = failures
  if (first && removed.length === 0) return first.error.exitCode
  const isHeldUp = places.some(({failure, databases}) => failure !== null || databases.some(({frozen, due}) => frozen !== null && due > 0))
  const isShort = physical !== null && problemsOf({places: [physical]}).length > 0
  return first || isHeldUp || isShort ? exitCodes.warning : 0
}
