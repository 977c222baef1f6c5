import {relationKey, type RelationName} from '../domain/inventory.ts'
import type {ArchiveSize, Loading} from '../domain/restore-jobs.ts'
import {finishTablesSql} from '../domain/table-selection.ts'
import {OperatorError} from '../errors.ts'
import type {ArchivePart, DatabaseServer, SetCollection} from '../ports.ts'
import {openRows, openSource, type RestoreSource} from './restore-source.ts'

export interface TablesInput {
  source: RestoreSource
  server: DatabaseServer
  /** The new database. */
  database: string
  tables: readonly RelationName[]
  size: ArchiveSize | null
  onLoading(loading: Loading): void
}

/** Fills some tables of a new database: everything is defined, so that nothing which they need is missing, and they alone get rows, keys and indexes. */
export async function loadTables(
  {source, server, database, tables, size, onLoading}: TablesInput,
  sets: Pick<SetCollection, 'read'>,
): Promise<Loading> {
  if (source.kind !== 'set') throw new OperatorError('bug', 'Tables were asked of a file.')
  const members = openRows(source, sets)
  const apart = new Set(members.flatMap((member) => member.tables.map(relationKey)))
  const parts = [{kind: 'definitions' as const}, ...rowsOf(tables.filter((table) => !apart.has(relationKey(table))))]
  const loading = await server.restoreArchive(database, () => openSource(source, sets), {parts, onLoading, ...(size && {size})})
  const chosen = new Set(tables.map(relationKey))
  for (const member of members) {
    const rows = rowsOf(member.tables.filter((table) => chosen.has(relationKey(table))))
    if (rows.length > 0) await server.restoreArchive(database, member.open, {parts: rows, ...(size && {size})})
  }
  const {catalogue, contents} = source.set.manifest
  const script = finishTablesSql(catalogue, contents, tables)
  if (script !== '') await server.execute(database, script)
  return loading
}

function rowsOf(tables: readonly RelationName[]): ArchivePart[] {
  const bySchema = Object.groupBy(tables, (table) => table.schema)
  return Object.entries(bySchema).map(([schema, names = []]) => ({kind: 'rows', schema, tables: names.map(({name}) => name)}))
}
