import {Flags} from '@oclif/core'
import {BaseCommand, changeFlags, databaseFlag, duration, ofDatabase} from '../base-command.ts'
import type {Context} from '../context.ts'
import {perform, type PerformOptions} from '../lib/change.ts'
import {describeAnomaly} from '../lib/domain/anomaly.ts'
import {totalBytes, totalRows} from '../lib/domain/backup-set.ts'
import {exitCodes, OperatorError} from '../lib/errors.ts'
import {describeFailedCopy} from '../lib/domain/offsite.ts'
import type {Measurement} from '../lib/domain/finding.ts'
import type {JobName} from '../lib/domain/job.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {filesBackupAnswer} from '../lib/output/files-answer.ts'
import type {Ports} from '../lib/ports.ts'
import {forEachDatabase} from '../several-databases.ts'
import {backupView} from '../lib/output/views/backup.ts'
import {backupFiles} from '../lib/procedures/backup-files.ts'
import {backup, type BackupInput, type BackupResult} from '../lib/procedures/backup.ts'

export default class Backup extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Dump the database into a new backup set and read the stored bytes back in full.'
  static override description =
    'The set becomes visible only when every stored byte was read back by pg_restore, the rows of each table were counted out of it, and the manifest was written. A failed run leaves nothing behind.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'From cron: silent when all is well.', command: '<%= config.bin %> <%= command.id %> --cron'},
    {description: 'Mark it, for backup.retention.tags.', command: '<%= config.bin %> <%= command.id %> --tag release-42'},
    {description: 'One of several databases.', command: '<%= config.bin %> <%= command.id %> --database billing'},
    {description: 'Files of the project and its configuration.', command: '<%= config.bin %> <%= command.id %> --files'},
    {description: 'See what would happen.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
  ]

  static override flags = {
    ...changeFlags,
    directory: Flags.string({summary: 'Folder for backup sets, instead of backup.directory.', helpValue: 'FOLDER'}),
    database: databaseFlag,
    'allow-empty': Flags.boolean({summary: 'Accept a database without tables.'}),
    files: Flags.boolean({summary: 'Files of the project (backup.files) instead of the database.', exclusive: ['allow-empty']}),
    type: Flags.string({
      summary: 'With pgBackRest: a full backup, or only what changed since the last full one, or the last one; by its age unless given.',
      options: ['full', 'diff', 'incr'],
      exclusive: ['files'],
    }),
    tag: Flags.string({
      summary: 'Mark the set with a word that retention can keep by; may be repeated.',
      helpValue: 'WORD',
      multiple: true,
    }),
  }

  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(Backup)
    if (flags['dry-run']) return null
    return flags.files ? 'files' : 'backup'
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Backup)
    const folder = flags.directory ? {'backup.directory': flags.directory} : {}
    const context = await this.context({...folder, ...ofDatabase(flags.database)})
    const {backup: settings} = context.config
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const tags = tagsOf(flags.tag ?? [])
    if (flags.files) return this.#files(context, tags, options)
    const {answerPhysicalBackup, isPhysical} = await import('../physical-answers.ts')
    if (isPhysical(context.config, {type: flags.type})) return answerPhysicalBackup(context, flags, options)
    const input = {allowEmpty: flags['allow-empty'] || settings.allowEmpty, tags, anomaly: settings.anomaly}
    const {databases} = settings
    if (databases.length === 0 || flags.database !== undefined) return this.#dump(context.ports, input, options)
    return forEachDatabase({verb: 'backup', key: 'sets', databases, signal: this.signal}, async (database) => {
      const {ports} = await this.context({...folder, ...ofDatabase(database)})
      return this.#dump(ports, input, options)
    })
  }

  async #dump(ports: Ports, input: BackupInput, options: PerformOptions): Promise<Answer> {
    const {plan, result, swept} = await perform(backup, input, ports, options)
    if (!result) return planAnswer('backup', plan.summary)
    const {set, copies, seconds} = result
    const anomalies = set.manifest.anomalies ?? []
    const bytes = totalBytes(set.manifest)
    const failedCopies = copies.filter(({confirmed}) => !confirmed)
    const troubles = [...anomalies.map(describeAnomaly), ...failedCopies.map(describeFailedCopy)]
    return changeAnswer('backup', {
      human: [...swept.map((line) => `Cleaned up: ${line}`), backupView(result)].join('\n'),
      message: [`backup ${set.manifest.id} holds ${totalRows(set.manifest)} rows`, ...troubles].join('; '),
      exitCode: troubles.length > 0 ? exitCodes.warning : 0,
      measurements: measurementsOf(result),
      body: {
        id: set.manifest.id,
        location: set.location,
        database: set.manifest.database,
        bytes,
        rows: totalRows(set.manifest),
        tables: set.manifest.contents.tables,
        tags: set.manifest.tags ?? [],
        anomalies,
        seconds,
        copies,
        swept,
      },
    })
  }

  async #files({ports, config}: Pick<Context, 'ports' | 'config'>, tags: readonly string[], options: PerformOptions): Promise<Answer> {
    const {healthInputOf} = await import('../lib/config/health-input.ts')
    const {plan, result, swept} = await perform(backupFiles, {tags, health: healthInputOf(config, null)}, ports, options)
    return result ? filesBackupAnswer(result, swept) : planAnswer('backup', plan.summary)
  }
}

function measurementsOf({set, copies, seconds}: BackupResult): Measurement[] {
  const offsite = copies.every(({confirmed}) => confirmed) ? 1 : 0
  return [
    {label: 'bytes', value: totalBytes(set.manifest), unit: 'B'},
    {label: 'rows', value: totalRows(set.manifest)},
    {label: 'seconds', value: seconds.total, unit: 's'},
    ...(copies.length === 0 ? [] : [{label: 'offsite', value: offsite}]),
  ]
}

/** Throws `usage` for a tag that the configuration could not name. */
function tagsOf(words: readonly string[]): string[] {
  const wrong = words.find((word) => !/^[^\s,]+$/.test(word))
  if (wrong === undefined) return [...new Set(words)]
  throw new OperatorError('usage', `${JSON.stringify(wrong)} is no tag.`, {
    hint: 'A tag is one word without commas; repeat --tag for more.',
  })
}
