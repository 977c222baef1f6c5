import {endSessionsSql, readOnlySql, writableSql, type ReadOnly} from '../domain/read-only.ts'
import type {DatabaseServer} from '../ports.ts'

type Server = Pick<DatabaseServer, 'executeExclusively'>

/** Makes a database read-only for all sessions to come and ends those that are there. What has to be undone must be noted in the server before. */
export async function makeReadOnly(server: Server, database: string): Promise<void> {
  await changeForAll(server, database, readOnlySql(database))
}

/** Takes that back. Works after an interruption, and does no harm where nothing was done. */
export async function makeWritable(server: Server, database: string, readOnly: ReadOnly): Promise<void> {
  await changeForAll(server, database, writableSql(database, readOnly))
}

async function changeForAll(server: Server, database: string, sql: string): Promise<void> {
  await server.executeExclusively([database], sql)
  // Whoever came in while that was on its way has the setting of before.
  await server.executeExclusively([database], endSessionsSql(database))
}
