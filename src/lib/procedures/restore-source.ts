import {isProven, newestFirst, type BackupSet} from '../domain/backup-set.ts'
import {plainDumpName} from '../domain/dump-member.ts'
import type {DumpContents, RelationName} from '../domain/inventory.ts'
import type {ArchiveSize} from '../domain/restore-jobs.ts'
import {SqlDumpReader, type DumpReport} from '../domain/sql-dump.ts'
import {OperatorError} from '../errors.ts'
import type {Bytes, DatabaseServer, DumpFile, Ports, SetCollection, Settings} from '../ports.ts'
import {adviceFor, placesOf} from './set-collections.ts'

/** Something that can be restored: a backup set, or a dump that other tools made. */
export type RestoreSource =
  {kind: 'set'; label: string; set: BackupSet; store?: SetCollection} | {kind: 'file'; label: string; file: DumpFile}

/** Which of the backups that fit is meant. */
export interface Choice {
  proven: boolean
  /** Name of the only place to look in. */
  from?: string | undefined
  /** What it must hold: a database unless said otherwise. */
  kind?: 'database' | 'files'
}

/**
 * Returns the backup that a selector means: `latest`, an id or the beginning of one, or the path of a dump. Throws `notFound`, and `denied` for
 * one that is encrypted to keys that are not at hand.
 * This machine comes first, then the targets in their order; `from` names the only place to look in. With `proven`, the latest is the newest proven one where there is one; without, it is the newest.
 */
export async function findSource(
  selector: string,
  ports: Pick<Ports, 'store' | 'offsite' | 'dumpFiles' | 'encryption' | 'settings'>,
  options: Choice,
): Promise<RestoreSource> {
  const source = await select(selector, ports, options)
  if (source.kind === 'set') await (await ports.encryption()).assertReadable(source.set.manifest)
  return source
}

async function select(
  selector: string,
  ports: Omit<Parameters<typeof findSource>[1], 'encryption'>,
  choice: Choice,
): Promise<RestoreSource> {
  const {from, kind = 'database'} = choice
  const wanted = wantedOf(choice, ports.settings)
  const places = await placesOf(ports, from)
  const unseen: OperatorError[] = []
  const seen: BackupSet[] = []
  for (const {name, store} of places) {
    const sets = await listOf(store, {isOnly: places.length === 1 || name === 'local', unseen})
    seen.push(...sets)
    const set = selector === 'latest' ? latestOf(sets, wanted) : matching(selector, sets)
    if (set) return {kind: 'set', label: set.manifest.id, set: asChosen(set, wanted), store}
  }
  const details = unseen.map(({message}) => message)
  if (selector === 'latest') throw await noneYet(places[0]!.store, wanted, [...othersAmong(seen, wanted), ...details])
  if (kind === 'database' && /[/\\.]/.test(selector)) return findFile(selector, ports)
  for (const {store} of places.slice(0, 1)) await assertNotBroken(selector, store)
  const where = places.map(({store}) => store.location).join(', ')
  throw new OperatorError('notFound', `There is no backup ${selector} in ${where}.`, {
    details,
    hint: `${adviceFor(selector, seen)}sparkone restore --list shows what there is.`,
  })
}

type Wanted = Choice & {database: string | undefined}

/** Files are of no database. */
function wantedOf(choice: Choice, {only}: Pick<Settings, 'only'>): Wanted {
  return {...choice, database: choice.kind === 'files' ? undefined : only}
}

function kindOf({manifest}: BackupSet): 'database' | 'files' {
  return manifest.kind ?? 'database'
}

/** Returns the set. Throws `usage` when it holds something else. */
function asChosen(set: BackupSet, {kind = 'database', database}: Wanted): BackupSet {
  const {id} = set.manifest
  if (kindOf(set) === kind) {
    if (database === undefined || set.manifest.database === database) return set
    throw otherDatabase(set)
  }
  throw kind === 'files'
    ? new OperatorError('usage', `Backup ${id} holds a database, and no files.`, {hint: 'Leave --files out.'})
    : new OperatorError('usage', `Backup ${id} holds files, and no database.`, {hint: `Say --files: sparkone restore --files ${id}`})
}

/** Returns the refusal of a backup of another database than the one that is meant. */
export function otherDatabase({manifest: {id, database}}: BackupSet): OperatorError {
  return new OperatorError('usage', `Backup ${id} is of database ${database}.`, {hint: `Say --database ${database}.`})
}

/** Returns the sets of a place, newest first. One of several that cannot be seen does not hide the others. */
async function listOf(store: SetCollection, {isOnly, unseen}: {isOnly: boolean; unseen: OperatorError[]}): Promise<BackupSet[]> {
  try {
    return newestFirst(await store.list())
  } catch (error) {
    if (isOnly || !(error instanceof OperatorError) || error.kind === 'interrupted') throw error
    unseen.push(error)
    return []
  }
}

function latestOf(all: readonly BackupSet[], {proven, database, kind = 'database'}: Wanted): BackupSet | undefined {
  const sets = all.filter((set) => kindOf(set) === kind && (database === undefined || set.manifest.database === database))
  return (proven ? sets.find(isProven) : undefined) ?? sets[0]
}

/** A database that was renamed has its backups under the old name. */
function othersAmong(sets: readonly BackupSet[], {kind = 'database'}: Wanted): string[] {
  const names = new Set(sets.filter((set) => kind === 'database' && kindOf(set) === kind).map(({manifest}) => manifest.database))
  return [...names].map((name) => `there are backups of database ${name}: --database ${name}`)
}

function matching(selector: string, sets: readonly BackupSet[]): BackupSet | undefined {
  const matches = sets.filter(({manifest}) => manifest.id.startsWith(selector) || manifest.id.endsWith(`-${selector}`))
  if (matches.length < 2) return matches[0]
  const details = matches.map(({manifest}) => manifest.id)
  throw new OperatorError('notFound', `${selector} fits ${matches.length} backups.`, {details, hint: 'Write more of the id.'})
}

/** Returns where the set of a source lies; this machine where it is not said. */
export async function storeOf(source: RestoreSource, ports: Pick<Ports, 'store'>): Promise<SetCollection> {
  return source.kind === 'set' && source.store ? source.store : ports.store()
}

/** Returns the dump at a path. Throws `notFound` or `incompatible`. */
export async function findFile(path: string, ports: Pick<Ports, 'dumpFiles'>): Promise<RestoreSource> {
  const file = await (await ports.dumpFiles()).find(path)
  return {kind: 'file', label: file.path, file}
}

/** Returns the members that hold rows of tables which the dump of a set defines only. */
export function openRows(source: RestoreSource, sets: Pick<SetCollection, 'read'>): {tables: readonly RelationName[]; open: () => Bytes}[] {
  if (source.kind === 'file') return []
  const {set} = source
  return (set.manifest.dumping?.rows ?? []).map(({member, tables}) => ({tables, open: () => sets.read(set, member)}))
}

export function openSource(source: RestoreSource, sets: Pick<SetCollection, 'read'>): Bytes {
  return source.kind === 'set' ? sets.read(source.set, plainDumpName(source.set.manifest)) : source.file.open()
}

/** What a dump of other tools holds. `size` is null for a script. */
export interface FileContents {
  contents: DumpContents
  size: ArchiveSize | null
}

/** Reads a dump of other tools to its end, before anything is touched, and returns what it holds. Throws `corrupt` or `refused`. */
export async function inspectFile(file: DumpFile, server: DatabaseServer): Promise<FileContents> {
  const reader = new SqlDumpReader()
  const [archive, rows] = [{bytes: 0}, {bytes: 0}]
  const bytes = file.format === 'archive' ? readArchive(file, server, archive) : file.open()
  for await (const chunk of counted(bytes, rows)) reader.push(chunk)
  const report = reader.end()
  if (file.format === 'script') {
    assertScript(file.path, report)
    return {contents: report.contents, size: null}
  }
  return {contents: report.contents, size: {archiveBytes: archive.bytes, restoredBytes: indexedShare * rows.bytes}}
}

/** What the programs of PostgreSQL cannot read to its end was cut or damaged, whatever they call it. */
async function* readArchive(file: DumpFile, server: DatabaseServer, count: {bytes: number}): Bytes {
  try {
    yield* server.archiveData(counted(file.open(), count))
  } catch (error) {
    if (!(error instanceof OperatorError) || error.kind !== 'failed') throw error
    throw cut(`${file.path} cannot be read to its end: ${error.message}`)
  }
}

/** Indexes are as large as the rows where there are many of them; rows take about as much room as their text. */
const indexedShare = 2

async function* counted(bytes: Bytes, count: {bytes: number}): Bytes {
  for await (const chunk of bytes) {
    count.bytes += chunk.length
    yield chunk
  }
}

/** Reads every stored byte of a set against its checksums. Throws `corrupt`. */
export async function readBackSet(set: BackupSet, sets: Pick<SetCollection, 'read'>): Promise<void> {
  for (const {name} of set.manifest.members) {
    for await (const _chunk of sets.read(set, name)) {
      // Reading is the check: the store compares size and SHA-256 after the last byte.
    }
  }
}

async function noneYet(store: SetCollection, {kind, database}: Wanted, notes: readonly string[]): Promise<OperatorError> {
  const named = database === undefined ? 'backup' : `backup of database ${database}`
  const [what, flag] = kind === 'files' ? ['backup of files', ' --files'] : [named, '']
  const details = (await store.broken()).map(({location, reason}) => `${location} is no whole backup: ${reason}`)
  return new OperatorError('notFound', `There is no ${what} in ${store.location} yet.`, {
    details: [...details, ...notes],
    hint: `sparkone backup${flag} makes one.`,
  })
}

async function assertNotBroken(selector: string, store: SetCollection): Promise<void> {
  const broken = (await store.broken()).find(({location}) => location.includes(selector))
  if (!broken) return
  throw new OperatorError('corrupt', `${broken.location} is no whole backup: ${broken.reason}.`, {
    hint: 'Use another: sparkone restore --list',
  })
}

function assertScript(path: string, {closed, trailer, forbidden, hasCarriageReturns}: DumpReport): void {
  if (!closed) throw cut(`${path} ends in the middle of a table or statement: it was cut short.`)
  if (hasCarriageReturns) throw cut(`${path} has carriage returns: it went through a terminal or a text-mode copy, which changes data.`)
  if (forbidden.length > 0) {
    throw new OperatorError('refused', `${path} would reach beyond the database it is restored into.`, {
      details: forbidden.slice(0, 5),
      hint: 'Make the dump with plain pg_dump, without --create and not with pg_dumpall.',
    })
  }
  if (!trailer) throw cut(`${path} lacks the line that pg_dump writes at the end: it was cut short, or pg_dump did not make it.`)
}

function cut(message: string): OperatorError {
  return new OperatorError('corrupt', message, {hint: 'Get the whole file, or use another backup: sparkone restore --list'})
}
