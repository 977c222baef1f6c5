import {partitionedIndexesSql} from '../../../src/lib/domain/structure-sql.ts'
import {databasesSql} from '../../../src/lib/domain/swap.ts'
import type {MemoryDatabase, MemoryPostgres} from './postgres.ts'

type Answer = (sql: string, server: MemoryPostgres, database: string) => unknown[]

const answers: readonly (readonly [part: string, answer: Answer])[] = [
  [partitionedIndexesSql, () => []],
  ['to_regclass', (_, {migrations}) => [{there: migrations !== null}]],
  ['to_jsonb(migration)', (_, {migrations}) => [...(migrations ?? [])]],
  [databasesSql, (_, {databases}) => [...databases].map(([name, {comment, tables}]) => ({name, comment, empty: isEmpty(tables)}))],
  ['AS name, pg_database_size', (_, {databases}) => [...databases.keys()].map((name) => ({name, bytes: 8_000_000}))],
  ['pg_database_size(oid) AS bytes', (sql, {databases}) => (databases.has(literals(sql).at(-1)!) ? [{bytes: 8_000_000}] : [])],
  ['"mayCreateDatabases"', (_, server) => [serverRow(server)]],
  ['pg_largeobject_metadata', (_, {databases}, database) => [{count: String(databases.get(database)?.largeObjects ?? 0)}]],
  ['last_value', (_, {databases}, database) => [...(databases.get(database)?.sequences ?? [])]],
  ['count(*) AS rows', (sql, {databases}, database) => sql.split(' UNION ALL ').map((part) => counted(part, databases.get(database)!))],
  ['pg_available_extension_versions', () => []],
  ['installed_version', () => []],
  ['FROM pg_available_extensions', (_, {extensions}) => extensions.map((name) => ({name}))],
  ['"archiveMode"', (_, {log}) => [log]],
  ['clock_timestamp', (_, {clockSeconds}) => [{seconds: clockSeconds}]],
  ['full_page_writes', (_, {durability}) => [durability]],
  ['pg_database_collation_actual_version', (_, {outdated}) => outdated.map((name) => ({name}))],
  ['FROM pg_extension', (_, {installed}) => installed.map((name) => ({name}))],
  ['pg_current_xact_id', () => [{id: '1'}]],
  ['pg_switch_wal', () => [{segment: '000000010000000000000009'}]],
  ['pg_stat_archiver', (_, {log}) => [{archived: log.archives, sinceArchived: 5, failing: !log.archives, waiting: 0}]],
  ['pg_is_in_recovery() AS recovering', () => [{recovering: false}]],
  ['NOT datistemplate', (_, {databases}) => [...databases.keys()].map((name) => ({name}))],
  ['current_user AS name', () => [{name: 'postgres'}]],
]

/** Returns what the server answers to a query of sparkone. */
export function answerTo(sql: string, server: MemoryPostgres, database: string): unknown[] {
  const known = answers.find(([part]) => sql.includes(part))
  if (!known) throw new Error(`The server in memory does not know this query: ${sql}`)
  return known[1](sql, server, database)
}

/** Does what one statement says to the databases. What it does not know by name has no effect that a test could see. */
export function applyStatement(statement: string, databases: Map<string, MemoryDatabase>): void {
  const [first = '', second = ''] = identifiers(statement)
  if (statement.startsWith('CREATE DATABASE')) databases.set(first, {comment: null, tables: {}})
  if (statement.startsWith('COMMENT ON DATABASE')) databases.set(first, {...databases.get(first)!, comment: literals(statement)[0] ?? null})
  const readOnly = /^ALTER DATABASE ".*" (?:SET|RESET) default_transaction_read_only(?: TO (\S+))?$/.exec(statement)
  if (readOnly) databases.set(first, {...databases.get(first)!, readOnly: readOnly[1] ?? null})
  if (/^ALTER DATABASE ".*" RENAME TO/.test(statement)) rename(first, second, databases)
}

function rename(from: string, to: string, databases: Map<string, MemoryDatabase>): void {
  const database = databases.get(from)
  if (!database || databases.has(to)) throw new Error(`${from} cannot become ${to}.`)
  databases.delete(from)
  databases.set(to, database)
}

function counted(part: string, {tables}: MemoryDatabase): {schema: string; name: string; rows: number} {
  const [schema = '', name = ''] = literals(part)
  return {schema, name, rows: tables[name] ?? 0}
}

function serverRow({mayCreateDatabases, roles, extensions, preparedTransactions, logicalSlots}: MemoryPostgres) {
  return {mayCreateDatabases, user: 'postgres', roles, extensions, preparedTransactions, logicalSlots}
}

function isEmpty(tables: Record<string, number>): boolean {
  return Object.keys(tables).length === 0
}

function identifiers(sql: string): string[] {
  return [...sql.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name = '']) => name.replaceAll('""', '"'))
}

function literals(sql: string): string[] {
  return [...sql.matchAll(/( E)?'((?:[^']|'')*)'/g)].map(([, escapes, text = '']) =>
    (escapes ? text.replaceAll('\\\\', '\\') : text).replaceAll("''", "'"),
  )
}
