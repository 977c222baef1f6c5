import type {RelationName} from '../domain/inventory.ts'
import type {ArchiveSize, Loading} from '../domain/restore-jobs.ts'
import {finishTablesSql} from '../domain/table-selection.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer, SetCollection} from '../ports.ts'
import {openSource, type RestoreSource} from './restore-source.ts'

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
  const rows = Object.entries(Object.groupBy(tables, (table) => table.schema)).map(([schema, names]) => ({
    kind: 'rows' as const,
    schema,
    tables: (names ?? []).map(({name}) => name),
  }))
  const parts = [{kind: 'definitions' as const}, ...rows]
  const loading = await server.restoreArchive(database, () => openSource(source, sets), {parts, onLoading, ...(size && {size})})
  const {catalogue, contents} = source.set.manifest
  const script = finishTablesSql(catalogue, contents, tables)
  if (script !== '') await server.execute(database, script)
  return loading
}
