import {finishTablesSql} from '../domain/table-selection.ts'
import type {RelationName} from '../domain/inventory.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer, SetCollection} from '../ports.ts'
import {openSource, type RestoreSource} from './restore-source.ts'

export interface TablesInput {
  source: RestoreSource
  server: DatabaseServer
  /** The new database. */
  database: string
  tables: readonly RelationName[]
}

/** Fills some tables of a new database: everything is defined, so that nothing which they need is missing, and they alone get rows, keys and indexes. */
export async function loadTables({source, server, database, tables}: TablesInput, sets: Pick<SetCollection, 'read'>): Promise<null> {
  if (source.kind !== 'set') throw new OperatorError('bug', 'Tables were asked of a file.')
  await server.restoreArchive(database, openSource(source, sets), {part: {kind: 'definitions'}})
  for (const [schema, names] of Object.entries(Object.groupBy(tables, (table) => table.schema))) {
    const part = {kind: 'rows' as const, schema, tables: (names ?? []).map(({name}) => name)}
    await server.restoreArchive(database, openSource(source, sets), {part})
  }
  const {catalogue, contents} = source.set.manifest
  const script = finishTablesSql(catalogue, contents, tables)
  if (script !== '') await server.execute(database, script)
  return null
}
