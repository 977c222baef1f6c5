import {countSql, sequenceSql} from '../domain/database-sql.ts'
import type {Catalogue, DumpContents, RelationName, Sequence, TableRows} from '../domain/inventory.ts'
import type {DatabaseServer} from '../ports.ts'

/** Returns what a database holds by counting every table exactly, in the shape of what its dump holds. */
export async function readContents(server: DatabaseServer, database: string, catalogue: Catalogue): Promise<DumpContents> {
  const [counted] = await server.query<{count: string}>(database, 'SELECT count(*)::text AS count FROM pg_largeobject_metadata')
  return {
    tables: await readAll<TableRows>(server, database, countSql(catalogue.tables)),
    sequences: await readAll<Sequence>(server, database, sequenceSql(catalogue.sequences)),
    largeObjects: Number(counted?.count ?? 0),
  }
}

/** Returns the catalogue of a database. */
export async function readCatalogue(server: DatabaseServer, database: string): Promise<Catalogue> {
  await using snapshot = await server.snapshot(database)
  return snapshot.catalogue
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
