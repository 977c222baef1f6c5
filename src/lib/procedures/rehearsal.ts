import {totalRows, type DatabaseProperties, type Manifest, type ProofDepth} from '../domain/backup-set.ts'
import type {Access} from '../domain/access.ts'
import {compareAccess, compareCatalogues, compareContents, compareProperties, hashOf} from '../domain/compare.ts'
import {createDatabaseSql, extensionsSql, propertiesSql} from '../domain/database-sql.ts'
import {contentsOfTables} from '../domain/table-selection.ts'
import {archiveBytes, dumpBytes} from '../domain/dump-member.ts'
import type {Catalogue, Difference, DumpContents, RelationName} from '../domain/inventory.ts'
import type {ReadOnly} from '../domain/read-only.ts'
import {sizeOfPart, type ArchiveSize, type Loading} from '../domain/restore-jobs.ts'
import {commentOn, markText} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {Bytes, DatabaseServer, Ports, SetCollection} from '../ports.ts'
import {onlyOf, readContents, readHashedContents, readState, type DatabaseState} from './database-contents.ts'
import {meterOf} from './metered.ts'
import {openRows, openSource, type RestoreSource} from './restore-source.ts'
import {loadTables} from './restore-tables.ts'
import {proveStructure} from './structure-proof.ts'

/** What a restored database must turn out to be. A dump of other tools says nothing of catalogue and properties. */
export interface Expectation {
  contents: DumpContents
  catalogue: Catalogue | null
  properties: DatabaseProperties
  /** Null where the backup does not tell. */
  access: Access | null
  /** Of the server that the backup comes from; null where it does not tell. */
  majorVersion: number | null
  /** Of the archive; null for a script. */
  size: ArchiveSize | null
}

export interface Rehearsal {
  differences: readonly Difference[]
  catalogue: Catalogue
  contents: DumpContents
  /** Null unless it was asked for. */
  depth: ProofDepth | null
  /** How the archive was loaded; null for a script. */
  loading: Loading | null
  seconds: {restore: number; compare: number}
}

/**
 * How deep to look: at the number of rows, at the contents of every table too, or at everything, which leaves traces in the database and is for
 * throw-away servers.
 */
export type RehearsalDepth = 'rows' | 'contents' | 'everything'

export interface RehearsalInput {
  source: RestoreSource
  expectation: Expectation
  server: DatabaseServer
  /** Name of the new database. */
  database: string
  /** Name of the database it is for, noted in its comment until it is swapped in. */
  of: string
  depth: RehearsalDepth
  /** What will have to be undone of making the live database read-only; noted in the comment of the new one. */
  readOnly?: ReadOnly | null
  /** Called once the new database is there with its note, before anything is loaded. */
  noted?(): Promise<void>
  /** The only tables whose rows are restored, from a set; null for all. */
  tables?: readonly RelationName[] | null
}

/** Restores a source into a new database and compares what is there then with what must be. Leaves the database in place. */
export async function rehearse(
  whole: RehearsalInput,
  sets: Pick<SetCollection, 'read'>,
  {clock, progress}: Pick<Ports, 'clock' | 'progress'>,
): Promise<Rehearsal> {
  const input = whole.tables ? {...whole, expectation: expectationOfTables(whole.expectation, whole.tables)} : whole
  const {server, database} = input
  const begin = clock.elapsed()
  await createDatabase(input)
  await input.noted?.()
  const loading = await progress.step(`Restore ${input.source.label}`, (report) => load(input, sets, clock, report))
  const restored = clock.elapsed()
  return progress.step('Compare every table with the backup', async () => {
    const state = await readState(server, database)
    const found = await look(input, state)
    const traces = input.depth === 'everything' ? await lookDeeper(input, state, found) : {depth: null, differences: []}
    return {
      contents: found.contents,
      differences: [...compare(input.expectation, state.catalogue, found.contents), ...traces.differences],
      depth: traces.depth,
      loading,
      catalogue: state.catalogue,
      seconds: {restore: (restored - begin) / 1000, compare: (clock.elapsed() - restored) / 1000},
    }
  })
}

interface Found {
  contents: DumpContents
  hashed: boolean
  sameMajor: boolean
}

async function look({server, database, expectation, depth, tables}: RehearsalInput, {catalogue}: DatabaseState): Promise<Found> {
  const sameMajor = expectation.majorVersion === Math.floor((await server.facts()).versionNumber / 10_000)
  // Another version may write the same values in other words.
  const hash = depth !== 'rows' && sameMajor ? hashOf(expectation.contents) : null
  const contents = hash ? await readHashedContents(server, database, hash) : await readContents(server, database, catalogue)
  return {contents: tables ? contentsOfTables(contents, tables) : onlyOfCatalogue(contents, catalogue), hashed: hash !== null, sameMajor}
}

type Traces = Pick<Rehearsal, 'differences' | 'depth'>

async function lookDeeper({server, database, expectation}: RehearsalInput, state: DatabaseState, found: Found): Promise<Traces> {
  const circumstances = compareCircumstances(expectation, state)
  const {btreeIndexes, vectorIndexes, differences} = await proveStructure(server, database, state.catalogue)
  const {access} = expectation
  return {
    // Another version has other privileges and defaults.
    differences: [...(found.sameMajor ? circumstances : circumstances.map(toNote)), ...differences],
    depth: {
      hashed: found.hashed,
      btreeIndexes,
      vectorIndexes,
      roles: access?.roles.length ?? null,
      privileges: access?.privileges.length ?? null,
    },
  }
}

function toNote(difference: Difference): Difference {
  return {...difference, severity: 'note'}
}

function compareCircumstances({catalogue, properties, access}: Expectation, state: DatabaseState): Difference[] {
  return [...(catalogue ? compareProperties(properties, state.properties) : []), ...(access ? compareAccess(access, state.access) : [])]
}

/** Returns the expectation that a manifest sets. */
export function expectationOf(manifest: Manifest): Expectation {
  const {contents, catalogue, properties, access, server} = manifest
  return {
    contents,
    catalogue,
    properties,
    access: access ?? null,
    majorVersion: Math.floor(server.versionNumber / 10_000),
    size: {archiveBytes: archiveBytes(manifest), restoredBytes: manifest.databaseBytes},
  }
}

/** Of some tables, their rows are what can be compared: all the others are empty, and lack their indexes. */
function expectationOfTables(expectation: Expectation, tables: readonly RelationName[]): Expectation {
  const contents = contentsOfTables(expectation.contents, tables)
  const part = {rows: totalRows({contents}), of: totalRows(expectation), tables: tables.length}
  return {...expectation, contents, catalogue: null, size: expectation.size && sizeOfPart(expectation.size, part)}
}

/** Throws `corrupt` with the first differences, if any of them spoils the proof. */
export function assertProven(differences: readonly Difference[], label: string): void {
  const fatal = differences.filter(({severity}) => severity === 'fatal')
  if (fatal.length === 0) return
  const details = fatal.slice(0, 20).map(describeDifference)
  throw new OperatorError('corrupt', `Restored, ${label} is not what was backed up: ${fatal.length} differences.`, {
    details,
    hint: 'Use another backup: sparkone restore --list',
  })
}

/** Returns one difference as a line. */
export function describeDifference({subject, expected, actual}: Difference): string {
  return `${subject}: expected ${expected}, found ${actual}`
}

async function createDatabase({server, database, of, expectation, readOnly}: RehearsalInput): Promise<void> {
  const mark = {kind: 'restoring' as const, of, ...(readOnly && {readOnly})}
  await server.command('postgres', createDatabaseSql(database, expectation.properties))
  await server.execute('postgres', `${commentOn(database, markText(mark))};\n${propertiesSql(database, expectation.properties)}`)
}

async function load(
  input: RehearsalInput,
  sets: Pick<SetCollection, 'read'>,
  clock: Ports['clock'],
  report: (detail: string) => void,
): Promise<Loading | null> {
  const {source, server, database, expectation, tables} = input
  await pinExtensions(server, database, expectation.catalogue)
  const meter = meterOf({clock, report, total: sourceBytes(source)})
  const open = () => meter(openSource(source, sets))
  const rows = openRows(source, sets).map((each) => () => meter(each.open()))
  const onLoading = ({jobs}: Loading) => void (jobs > 1 && report(`loading by ${jobs} processes`))
  const {size} = expectation
  const loading = tables
    ? await loadTables({source, server, database, tables, size, onLoading}, sets)
    : await loadWhole(input, {open, rows, onLoading})
  report('reading statistics')
  await server.command(database, 'ANALYZE')
  return loading
}

async function loadWhole(
  {source, server, database, expectation: {size}}: RehearsalInput,
  {open, rows, onLoading}: {open: () => Bytes; rows: readonly (() => Bytes)[]; onLoading: (loading: Loading) => void},
): Promise<Loading | null> {
  if (source.kind === 'file' && source.file.format === 'script') {
    await server.restoreScript(database, open())
    return null
  }
  return server.restoreArchive(database, open, {rows, onLoading, ...(size && {size})})
}

/** A compressed file says nothing of how much will come out of it. */
function sourceBytes(source: RestoreSource): number | null {
  if (source.kind === 'file') return null
  return dumpBytes(source.set.manifest)
}

/** Creates the extensions in their recorded versions first, where the server still has these. */
async function pinExtensions(server: DatabaseServer, database: string, catalogue: Catalogue | null): Promise<void> {
  if (!catalogue) return
  const available = await server.query<{name: string; version: string}>(
    database,
    'SELECT name, version FROM pg_available_extension_versions',
  )
  const has = (wanted: {name: string; version: string}) =>
    available.some(({name, version}) => name === wanted.name && version === wanted.version)
  const script = extensionsSql(catalogue.extensions.filter(has))
  if (script) await server.execute(database, script)
}

function compare({contents, catalogue}: Expectation, actual: Catalogue, found: DumpContents): Difference[] {
  if (!catalogue)
    return compareContents(contents, {
      ...found,
      tables: onlyOf(found.tables, contents.tables),
      sequences: onlyOf(found.sequences, contents.sequences),
    })
  return [...compareCatalogues(catalogue, actual), ...compareContents(onlyOfCatalogue(contents, catalogue), found)]
}

/** Tables of extensions may be dumped in part, and are re-made in part by CREATE EXTENSION: they prove nothing either way. */
function onlyOfCatalogue(contents: DumpContents, {tables, sequences}: Catalogue): DumpContents {
  return {...contents, tables: onlyOf(contents.tables, tables), sequences: onlyOf(contents.sequences, sequences)}
}
