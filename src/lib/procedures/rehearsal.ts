import type {DatabaseProperties, Manifest} from '../domain/backup-set.ts'
import {compareCatalogues, compareContents} from '../domain/compare.ts'
import {createDatabaseSql, extensionsSql, propertiesSql} from '../domain/database-sql.ts'
import {dumpMember} from '../domain/encryption.ts'
import type {Catalogue, Difference, DumpContents} from '../domain/inventory.ts'
import {commentOn, markText} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {BackupStore, DatabaseServer, Ports} from '../ports.ts'
import {onlyOf, readCatalogue, readContents} from './database-contents.ts'
import {metered} from './metered.ts'
import {openSource, type RestoreSource} from './restore-source.ts'

/** What a restored database must turn out to be. A dump of other tools says nothing of catalogue and properties. */
export interface Expectation {
  contents: DumpContents
  catalogue: Catalogue | null
  properties: DatabaseProperties
}

export interface Rehearsal {
  differences: readonly Difference[]
  catalogue: Catalogue
  contents: DumpContents
  seconds: {restore: number; compare: number}
}

export interface RehearsalInput {
  source: RestoreSource
  expectation: Expectation
  server: DatabaseServer
  /** Name of the new database. */
  database: string
  /** Name of the database it is for, noted in its comment until it is swapped in. */
  of: string
}

/** Restores a source into a new database and compares what is there then with what must be. Leaves the database in place. */
export async function rehearse(
  input: RehearsalInput,
  store: BackupStore,
  {clock, progress}: Pick<Ports, 'clock' | 'progress'>,
): Promise<Rehearsal> {
  const {server, database} = input
  const begin = clock.elapsed()
  await createDatabase(input)
  await progress.step(`Restore ${input.source.label}`, (report) => load(input, store, clock, report))
  const restored = clock.elapsed()
  return progress.step('Compare every table with the backup', async () => {
    const catalogue = await readCatalogue(server, database)
    const contents = await readContents(server, database, catalogue)
    const differences = compare(input.expectation, catalogue, contents)
    return {differences, catalogue, contents, seconds: {restore: (restored - begin) / 1000, compare: (clock.elapsed() - restored) / 1000}}
  })
}

/** Returns the expectation that a manifest sets. */
export function expectationOf({contents, catalogue, properties}: Manifest): Expectation {
  return {contents, catalogue, properties}
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

function describeDifference({subject, expected, actual}: Difference): string {
  return `${subject}: expected ${expected}, found ${actual}`
}

async function createDatabase({server, database, of, expectation}: RehearsalInput): Promise<void> {
  await server.command('postgres', createDatabaseSql(database, expectation.properties))
  await server.execute(
    'postgres',
    `${commentOn(database, markText({kind: 'restoring', of}))};\n${propertiesSql(database, expectation.properties)}`,
  )
}

async function load(
  {source, server, database, expectation}: RehearsalInput,
  store: BackupStore,
  clock: Ports['clock'],
  report: (detail: string) => void,
) {
  await pinExtensions(server, database, expectation.catalogue)
  const bytes = metered(openSource(source, store), {clock, report, total: sourceBytes(source)})
  const isScript = source.kind === 'file' && source.file.format === 'script'
  await (isScript ? server.restoreScript(database, bytes) : server.restoreArchive(database, bytes))
  report('reading statistics')
  await server.command(database, 'ANALYZE')
}

/** A compressed file says nothing of how much will come out of it. */
function sourceBytes(source: RestoreSource): number | null {
  if (source.kind === 'file') return null
  return dumpMember(source.set.manifest)?.bytes ?? null
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
  // Tables of extensions may be dumped in part, and are re-made in part by CREATE EXTENSION: they prove nothing either way.
  const expected = {
    ...contents,
    tables: onlyOf(contents.tables, catalogue.tables),
    sequences: onlyOf(contents.sequences, catalogue.sequences),
  }
  return [...compareCatalogues(catalogue, actual), ...compareContents(expected, found)]
}
