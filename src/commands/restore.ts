import {resolve} from 'node:path'
import {Args, Flags} from '@oclif/core'
import {
  BaseCommand,
  changeFlags,
  databaseFlag,
  duration,
  fromCommandLine,
  fromFlag,
  identityFlag,
  ofDatabase,
  readingWith,
} from '../base-command.ts'
import type {ApiAfterSwap, ApiAroundSwap} from '../lib/domain/api-around-swap.ts'
import {perform, type PerformOptions} from '../lib/change.ts'
import {totalRows, type Manifest, type Marks} from '../lib/domain/backup-set.ts'
import {exitCodes, OperatorError} from '../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {filesRestoreAnswer} from '../lib/output/files-answer.ts'
import {listView, pruneView, restoreView, undoCommand, undoView} from '../lib/output/views/restore.ts'
import type {Ports} from '../lib/ports.ts'
import {listBackups} from '../lib/procedures/list-backups.ts'
import {pruneOld} from '../lib/procedures/prune-old.ts'
import {restoreReport} from '../lib/procedures/restore-report.ts'
import {restore, type RestoreInput} from '../lib/procedures/restore.ts'
import {restoreFiles} from '../lib/procedures/restore-files.ts'
import {undoRestore} from '../lib/procedures/undo-restore.ts'
import type {PhysicalRestoreFlags} from '../physical-answers.ts'

interface FilesFlags {
  into?: string | undefined
  overwrite: boolean
  from?: string | undefined
}

export default class Restore extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Bring a backup back, without risk for what is live: the present database is kept.'
  static override description =
    'The backup is restored into a new database and compared with its manifest. Only then do two renames in one transaction put it in the place of the live one, which stays under another name. --undo swaps back; a second --undo swaps forward again.'
  static override examples = [
    {description: 'Show what can be restored.', command: '<%= config.bin %> <%= command.id %> --list'},
    {description: 'Restore the newest proven backup.', command: '<%= config.bin %> <%= command.id %> latest'},
    {description: 'Restore a dump of another tool.', command: '<%= config.bin %> <%= command.id %> --db ./dump.sql.gz'},
    {description: 'Bring files back into a new folder.', command: '<%= config.bin %> <%= command.id %> --files'},
    {
      description: 'Look at two tables as they were two hours ago, beside the live database.',
      command: "<%= config.bin %> <%= command.id %> --at '2 hours ago' --target look --tables orders,customers",
    },
    {description: 'Take the last restore back.', command: '<%= config.bin %> <%= command.id %> --undo'},
  ]

  static override args = {
    backup: Args.string({...fromCommandLine, description: 'An id or the beginning of one, `latest`, or the path of a dump.'}),
  }

  static override flags = {
    ...changeFlags,
    list: Flags.boolean({summary: 'List backups and kept databases.', exclusive: ['db', 'undo']}),
    db: Flags.string({
      summary: 'A dump file of another tool: custom format or plain SQL, also .gz or .zst.',
      helpValue: 'FILE',
      exclusive: ['undo'],
    }),
    undo: Flags.boolean({summary: 'Swap the database that the last restore put aside back in.'}),
    at: Flags.string({
      summary:
        "Take the backup nearest before this time, such as 2026-11-22T09:30 (UTC) or '2 hours ago'; with pgBackRest, recover to it, or to the `latest` in the archive.",
      helpValue: 'TIME',
    }),
    target: Flags.string({summary: 'Restore into a new database of this name; the live one is left as it is.', helpValue: 'DATABASE'}),
    tables: Flags.string({summary: 'Restore the rows of these tables only, into --target.', helpValue: 'TABLE,…'}),
    'with-passwords': Flags.boolean({summary: 'Give roles that are there the passwords of the backup.'}),
    'prune-old': Flags.boolean({
      summary: 'Drop the databases, or with pgBackRest remove the data folders, that earlier restores put aside.',
    }),
    keep: Flags.integer({summary: 'With --prune-old: how many of the newest stay.', default: 1, min: 0, helpValue: 'N'}),
    files: Flags.boolean({
      summary: 'Restore files of the project; without a name the newest proven backup of files.',
      exclusive: ['db', 'undo', 'list'],
    }),
    into: Flags.string({summary: 'Folder to restore files into; a new one beside that of the project unless given.', helpValue: 'FOLDER'}),
    overwrite: Flags.boolean({summary: 'Replace files that are there; they are kept aside.'}),
    identity: identityFlag,
    database: databaseFlag,
    from: fromFlag,
    'from-other-server': Flags.boolean({summary: 'Allow a backup that was taken from another server.'}),
  }

  #overrides: Readonly<Record<`${string}.${string}`, unknown>> = {}

  /** With what the flags stand for. */
  protected override async ports(): Promise<Ports> {
    return (await this.context(this.#overrides)).ports
  }

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(Restore)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    assertOneThing(args.backup, flags)
    this.#overrides = {...readingWith(flags.identity), ...ofDatabase(flags.database)}
    await this.#assertDatabaseKnown(flags)
    const physical = await this.#physical({...flags, backup: args.backup}, options)
    if (physical) return physical
    if (flags.list) return this.#list(flags.from)
    if (flags.undo) return this.#undo(options)
    if (flags['prune-old']) return this.#prune(flags.keep, options)
    if (flags.files) return this.#files(args.backup ?? 'latest', flags, options)
    const isFile = flags.db !== undefined
    const selector = flags.db ?? args.backup ?? ''
    const {at, from, target} = flags
    const tables = flags.tables?.split(',').map((name) => name.trim())
    const api = await this.#apiAroundSwap()
    const others = {api, otherServer: flags['from-other-server'], withPasswords: flags['with-passwords']}
    return this.#restore({selector, isFile, at, from, target, tables, ...others}, options)
  }

  async #assertDatabaseKnown({list, files, database}: {list: boolean; files: boolean; database?: string | undefined}): Promise<void> {
    const databases = await this.#databases()
    if (databases.length === 0 || database !== undefined || list || files) return
    throw new OperatorError('usage', 'Several databases are backed up, and it is not said which one is meant.', {
      hint: `Say --database ${databases.join(' or --database ')}.`,
    })
  }

  /** Null where it is about a dump, or files. */
  async #physical(flags: PhysicalRestoreFlags & {files: boolean}, options: PerformOptions): Promise<Answer | null> {
    const {config, ports} = await this.context(this.#overrides)
    const {answerPhysicalRestore, isPhysical} = await import('../physical-answers.ts')
    return isPhysical(config) && !flags.files ? answerPhysicalRestore(ports, flags, {...options, columns: this.mode.columns}) : null
  }

  async #list(from: string | undefined): Promise<Answer> {
    const {ports, config} = await this.context()
    const list = await listBackups(ports, from, config.backup.databases)
    const {location, sets, broken, kept, unseen} = list
    const shown = {...list, kept: kept ?? [], undo: undoCommand(config.backup.databases, 'NAME')}
    const human = listView({...shown, now: ports.clock.now(), columns: this.mode.columns})
    const backups = sets.map(({manifest, proof, marks, where, location: folder}) => ({
      id: manifest.id,
      startedAt: manifest.startedAt,
      kind: manifest.kind ?? 'database',
      database: manifest.database,
      files: manifest.files?.files ?? null,
      rows: totalRows(manifest),
      bytes: manifest.members.reduce((sum, member) => sum + member.bytes, 0),
      proven: proof?.passed ?? null,
      ...saidOf(manifest, marks),
      location: folder,
      where,
    }))
    return changeAnswer('restore', {
      human,
      message: `${sets.length} backups in ${location}`,
      exitCode: unseen.length > 0 ? exitCodes.warning : 0,
      body: {location, backups, broken, kept, unseen},
    })
  }

  async #restore(input: RestoreInput, options: PerformOptions): Promise<Answer> {
    const {plan, result} = await perform(restore, input, await this.ports(), options)
    if (!result) return planAnswer('restore', plan.summary)
    const report = restoreReport(result)
    const {label, database, seconds} = report
    return changeAnswer('restore', {
      human: restoreView(report, undoCommand(await this.#databases(), database)),
      message: `database ${database} is now ${label}${afterwards(report.api)}`,
      exitCode: report.api?.healthy === false ? exitCodes.warning : 0,
      measurements: [
        {label: 'recovery time', value: seconds.total, unit: 's'},
        {label: 'swap', value: seconds.swap, unit: 's'},
      ],
      body: {...report},
    })
  }

  async #files(selector: string, {into, overwrite, from}: FilesFlags, options: PerformOptions): Promise<Answer> {
    const input = {selector, into: into === undefined ? null : resolve(into), overwrite, from}
    const {plan, result} = await perform(restoreFiles, input, await this.ports(), options)
    return result ? filesRestoreAnswer(result) : planAnswer('restore', plan.summary)
  }

  async #databases(): Promise<readonly string[]> {
    return (await this.context()).config.backup.databases
  }

  async #apiAroundSwap(): Promise<ApiAroundSwap> {
    const {apiAroundSwapOf} = await import('../lib/config/api-around-swap.ts')
    return apiAroundSwapOf((await this.context()).config)
  }

  async #prune(keep: number, options: PerformOptions): Promise<Answer> {
    const {plan, result} = await perform(pruneOld, {keep}, await this.ports(), options)
    if (!result) return planAnswer('restore', plan.summary)
    const message = `${result.dropped.length} kept databases dropped`
    return changeAnswer('restore', {human: pruneView(result), message, body: {...result}})
  }

  async #undo(options: PerformOptions): Promise<Answer> {
    const {plan, result} = await perform(undoRestore, {api: await this.#apiAroundSwap()}, await this.ports(), options)
    if (!result) return planAnswer('restore', plan.summary)
    const message = `database ${result.database} is again what ${result.broughtBack} was${afterwards(result.api)}`
    return changeAnswer('restore', {
      human: undoView(result, undoCommand(await this.#databases(), result.database)),
      message,
      exitCode: result.api?.healthy === false ? exitCodes.warning : 0,
      body: {...result},
      measurements: [{label: 'swap', value: result.seconds, unit: 's'}],
    })
  }
}

function afterwards(api: ApiAfterSwap | null): string {
  return api?.healthy === false ? `, but the API is not healthy: ${api.problem}` : ''
}

/** Throws `usage` unless one thing is to be done, with flags that belong to it. */
function assertOneThing(
  backup: string | undefined,
  flags: FilesFlags & {
    db?: string | undefined
    at?: string | undefined
    list: boolean
    undo: boolean
    files: boolean
    'prune-old': boolean
  },
): void {
  const isLatestFiles = flags.files && backup === undefined
  const chosen = [
    backup !== undefined,
    isLatestFiles,
    flags.db !== undefined,
    flags.at !== undefined,
    flags.list,
    flags.undo,
    flags['prune-old'],
  ].filter(Boolean)
  if (chosen.length !== 1) {
    throw new OperatorError('usage', 'Say one thing to do: a backup, --at TIME, --files, --db FILE, --list, --undo or --prune-old.', {
      hint: 'sparkone restore --list shows the backups.',
    })
  }
  if (flags.files || (flags.into === undefined && !flags.overwrite)) return
  throw new OperatorError('usage', '--into and --overwrite are for files.', {
    hint: 'Say --files, too; a database is always restored beside the live one.',
  })
}

/** What else is known of a set: words, suspicions, and what operators said. */
function saidOf({tags = [], anomalies = []}: Manifest, marks: Marks | undefined) {
  return {tags, anomalies, marks: {keep: marks?.keep ?? null, accepted: marks?.accepted ?? null}}
}
