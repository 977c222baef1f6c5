import {Flags} from '@oclif/core'
import {answerDump, answerFiles} from '../backup-answers.ts'
import {BaseCommand, changeFlags, databaseFlag, duration, ofDatabase} from '../base-command.ts'
import {OperatorError} from '../lib/errors.ts'
import type {JobName} from '../lib/domain/job.ts'
import type {Answer} from '../lib/output/document.ts'
import {forEachDatabase} from '../several-databases.ts'

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
    if (flags.files) return answerFiles(context, tags, options)
    const {answerPhysicalBackup, isPhysical} = await import('../physical-answers.ts')
    if (isPhysical(context.config, {type: flags.type})) return answerPhysicalBackup(context, flags, options)
    const input = {allowEmpty: flags['allow-empty'] || settings.allowEmpty, tags, anomaly: settings.anomaly, jobs: settings.jobs ?? null}
    const {databases} = settings
    if (databases.length === 0 || flags.database !== undefined) return answerDump(context, input, options)
    return forEachDatabase({verb: 'backup', key: 'sets', databases, signal: this.signal}, async (database) => {
      return answerDump(await this.context({...folder, ...ofDatabase(database)}), input, options)
    })
  }
}

/** Throws `usage` for a tag that the configuration could not name. */
function tagsOf(words: readonly string[]): string[] {
  const wrong = words.find((word) => !/^[^\s,]+$/.test(word))
  if (wrong === undefined) return [...new Set(words)]
  throw new OperatorError('usage', `${JSON.stringify(wrong)} is no tag.`, {
    hint: 'A tag is one word without commas; repeat --tag for more.',
  })
}
