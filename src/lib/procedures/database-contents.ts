import {countSql, sequenceSql} from '../domain/database-sql.ts'
import type {Catalogue, DumpContents, RelationName, Sequence, TableRows} from '../domain/inventory.ts'
import type {RowHashName} from '../domain/row-hash.ts'
import {SqlDumpReader} from '../domain/sql-dump.ts'
import type {DatabaseServer, Snapshot} from '../ports.ts'

/** Returns what a database holds by counting every table exactly, in the shape of what its dump holds. */
export async function readContents(server: DatabaseServer, database: string, catalogue: Catalogue): Promise<DumpContents> {
  const [counted] = await server.query<{count: string}>(database, 'SELECT count(*)::text AS count FROM pg_largeobject_metadata')
  return {
    tables: await readAll<TableRows>(server, database, countSql(catalogue.tables)),
    sequences: await readAll<Sequence>(server, database, sequenceSql(catalogue.sequences)),
    largeObjects: Number(counted?.count ?? 0),
  }
}

/** Returns the same by reading the database as a dump reads it, with a hash of each table's contents by the named way. */
export async function readHashedContents(server: DatabaseServer, database: string, hash: RowHashName): Promise<DumpContents> {
  const reader = new SqlDumpReader({hash})
  for await (const chunk of server.data(database)) reader.push(chunk)
  return reader.end().contents
}

export type DatabaseState = Pick<Snapshot, 'catalogue' | 'properties' | 'access'>

/** Returns everything about a database but its rows. */
export async function readState(server: DatabaseServer, database: string): Promise<DatabaseState> {
  await using snapshot = await server.snapshot(database)
  const {catalogue, properties, access} = snapshot
  return {catalogue, properties, access}
}

/** Returns the parts of `contents` that belong to the given relations. */
export function onlyOf<T extends RelationName>(items: readonly T[], relations: readonly RelationName[]): T[] {
  const names = new Set(relations.map(({schema, name}) => JSON.stringify([schema, name])))
  return items.filter(({schema, name}) => names.has(JSON.stringify([schema, name])))
}

async function readAll<Row>(server: DatabaseServer, database: string, queries: readonly string[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const query of queries) rows.push(...(await server.query<Row>(database, query)))
  return rows
}
