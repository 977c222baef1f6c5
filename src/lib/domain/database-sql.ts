import type {DatabaseProperties} from './backup-set.ts'
import {quoteIdentifier, quoteLiteral} from './identifier.ts'
import type {DumpContents, RelationName} from './inventory.ts'

/** Settings whose value is a list of names, which must not be quoted as one string (GUC_LIST_QUOTE in PostgreSQL). */
const listSettings = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
  'shared_preload_libraries',
])

/** Returns CREATE DATABASE from template0 with the encoding and locale that the backup's database had. */
export function createDatabaseSql(name: string, properties: DatabaseProperties): string {
  const {encoding, collate, ctype, localeProvider, locale} = properties
  const words = [`ENCODING ${quoteLiteral(encoding)}`, `LC_COLLATE ${quoteLiteral(collate)}`, `LC_CTYPE ${quoteLiteral(ctype)}`]
  if (localeProvider === 'i' && locale) words.push('LOCALE_PROVIDER icu', `ICU_LOCALE ${quoteLiteral(locale)}`)
  if (localeProvider === 'b' && locale) words.push('LOCALE_PROVIDER builtin', `BUILTIN_LOCALE ${quoteLiteral(locale)}`)
  return `CREATE DATABASE ${quoteIdentifier(name)} WITH TEMPLATE template0 ${words.join(' ')}`
}

/** Returns the script that gives a database owner, settings and privileges of the backup's. */
export function propertiesSql(name: string, {owner, connectionLimit, settings, privileges}: DatabaseProperties): string {
  const database = `DATABASE ${quoteIdentifier(name)}`
  const lines = [`ALTER ${database} OWNER TO ${quoteIdentifier(owner)}`, `ALTER ${database} CONNECTION LIMIT ${connectionLimit}`]
  for (const {role, setting} of settings) {
    const target = role === null ? `ALTER ${database}` : `ALTER ROLE ${quoteIdentifier(role)} IN ${database}`
    lines.push(`${target} SET ${settingSql(setting)}`)
  }
  if (privileges) {
    lines.push(`REVOKE ALL ON ${database} FROM PUBLIC, ${quoteIdentifier(owner)}`)
    for (const {grantee, privilege, grantable} of privileges) {
      const to = grantee === null ? 'PUBLIC' : quoteIdentifier(grantee)
      lines.push(`GRANT ${privilege} ON ${database} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`)
    }
  }
  return lines.join(';\n')
}

/** Returns CREATE EXTENSION with the recorded versions, where these are to be had; pg_restore would take the newest. */
export function extensionsSql(extensions: readonly {name: string; version: string}[]): string {
  return extensions
    .filter(({name}) => name !== 'plpgsql')
    .map(({name, version}) => `CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} VERSION ${quoteLiteral(version)} CASCADE`)
    .join(';\n')
}

/** Returns queries that together count each table exactly, at most `chunk` tables a query. */
export function countSql(tables: readonly RelationName[], chunk = 200): string[] {
  const one = ({schema, name}: RelationName) =>
    `SELECT ${quoteLiteral(schema)} AS schema, ${quoteLiteral(name)} AS name, count(*) AS rows FROM ONLY ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  return inChunks(tables, chunk).map((part) => part.map(one).join(' UNION ALL '))
}

/** Returns queries that together read the state of each sequence. */
export function sequenceSql(sequences: readonly RelationName[], chunk = 200): string[] {
  const one = ({schema, name}: RelationName) =>
    `SELECT ${quoteLiteral(schema)} AS schema, ${quoteLiteral(name)} AS name, last_value::text AS "lastValue", is_called AS "isCalled"
     FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  return inChunks(sequences, chunk).map((part) => part.map(one).join(' UNION ALL '))
}

/** Returns the tables of a catalogue whose rows the dump does not hold. */
export function missingTables(tables: readonly RelationName[], contents: DumpContents): RelationName[] {
  const held = new Set(contents.tables.map(({schema, name}) => JSON.stringify([schema, name])))
  return tables.filter(({schema, name}) => !held.has(JSON.stringify([schema, name])))
}

function settingSql(setting: string): string {
  const [name = '', ...rest] = setting.split('=')
  const value = rest.join('=')
  if (!listSettings.has(name)) return `${quoteIdentifier(name)} TO ${quoteLiteral(value)}`
  const elements = [...value.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
  return `${quoteIdentifier(name)} TO ${elements.length === 0 ? "''" : elements.map(quoteLiteral).join(', ')}`
}

function inChunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({length: Math.ceil(items.length / size)}, (_, index) => items.slice(index * size, (index + 1) * size))
}
