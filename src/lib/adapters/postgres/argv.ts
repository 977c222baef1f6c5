import {quoteIdentifier} from '../../domain/identifier.ts'
import type {RelationName} from '../../domain/inventory.ts'
import type {ArchivePart, DumpOptions} from '../../ports.ts'

/** Returns a libpq connection string that names nothing but the database, whatever characters stand in its name. */
function connectionTo(database: string): string {
  return `--dbname=dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

export function psqlArgv(programs: string, database: string): string[] {
  const variables = ['ON_ERROR_STOP=1', 'VERBOSITY=verbose'].flatMap((variable) => ['--set', variable])
  return [
    `${programs}psql`,
    '--no-psqlrc',
    '--quiet',
    '--no-align',
    '--tuples-only',
    '--no-password',
    ...variables,
    connectionTo(database),
    '--file=-',
  ]
}

export interface DumpArguments extends Pick<DumpOptions, 'rows'> {
  snapshotId: string
  compression: string
  lockWaitMilliseconds: number
}

/** Never with --enable-row-security, which would leave out the rows that a policy hides. */
export function dumpArgv(
  programs: string,
  database: string,
  {snapshotId, compression, lockWaitMilliseconds, rows}: DumpArguments,
): string[] {
  const lockWait = `--lock-wait-timeout=${lockWaitMilliseconds}ms`
  const options = ['--format=custom', compression, `--snapshot=${snapshotId}`, lockWait, '--no-password']
  return [`${programs}pg_dump`, ...options, ...rowsOptions(rows), connectionTo(database)]
}

/** With --strict-names a table that is not found is an error, and not a table without rows. */
function rowsOptions(rows: DumpOptions['rows']): string[] {
  if (!rows || rows.tables.length === 0) return []
  if (rows.kind === 'without') return rows.tables.map((table) => `--exclude-table-data=${patternOf(table)}`)
  return ['--data-only', '--strict-names', ...rows.tables.map((table) => `--table=${patternOf(table)}`)]
}

/** Inside double quotes a pattern means its characters. */
function patternOf({schema, name}: RelationName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** Of the whole database, as SQL, without definitions. */
export function dataArgv(programs: string, database: string): string[] {
  return [`${programs}pg_dump`, '--data-only', '--no-password', connectionTo(database)]
}

/** Tablespaces are left out: their folders belong to one machine. */
export function globalsArgv(programs: string, passwords: boolean): string[] {
  const options = ['--globals-only', '--no-tablespaces', '--no-password', '--database=postgres']
  return [`${programs}pg_dumpall`, ...options, ...(passwords ? [] : ['--no-role-passwords'])]
}

/** Reads standard input, unless it is told of a file, which several processes can read at once. */
export function restoreArgv(
  programs: string,
  database: string,
  {tablespaces, part, staged}: {tablespaces: boolean; part?: ArchivePart | undefined; staged?: {path: string; jobs: number}},
): string[] {
  const options = ['--exit-on-error', '--no-password', ...(tablespaces ? [] : ['--no-tablespaces']), ...partOptions(part)]
  const file = staged ? [`--jobs=${staged.jobs}`, staged.path] : []
  return [`${programs}pg_restore`, ...options, connectionTo(database), ...file]
}

function partOptions(part: ArchivePart | undefined): string[] {
  if (part === undefined) return []
  if (part.kind === 'definitions') return ['--section=pre-data']
  if (part.kind === 'rest') return ['--section=data', '--section=post-data']
  return ['--data-only', `--schema=${part.schema}`, ...part.tables.map((table) => `--table=${table}`)]
}
