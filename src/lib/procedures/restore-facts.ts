import type {DatabaseProperties} from '../domain/backup-set.ts'
import {quoteLiteral} from '../domain/identifier.ts'
import {databasesSql, type NamedDatabase} from '../domain/swap.ts'
import type {RestoreFacts} from '../domain/restore-safety.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer} from '../ports.ts'

interface ServerRow {
  mayCreateDatabases: boolean
  roles: string[]
  extensions: string[]
  user: string
  preparedTransactions: number
  logicalSlots: string[]
}

export interface TargetFacts extends RestoreFacts {
  /** Whom sparkone connects as. */
  user: string
  databases: readonly NamedDatabase[]
  /** Of the live database, or those that a new one gets here by default. */
  properties: DatabaseProperties
}

/** Returns all that a restore or its undoing must know of the server and of the live database. */
export async function gatherTarget(server: DatabaseServer, database: string): Promise<TargetFacts> {
  const [row] = await server.query<ServerRow>('postgres', serverSql(database))
  if (!row) throw new OperatorError('bug', 'PostgreSQL answered nothing about itself.')
  const databases = await server.query<NamedDatabase>('postgres', databasesSql)
  const exists = databases.some(({name}) => name === database)
  await using snapshot = await server.snapshot(exists ? database : 'postgres')
  const {preparedTransactions, logicalSlots} = row
  const live = {bytes: snapshot.databaseBytes, tables: snapshot.catalogue.tables.length, preparedTransactions, logicalSlots}
  const defaults = {...snapshot.properties, owner: row.user, comment: null, settings: [], privileges: null}
  return {
    server: await server.facts(),
    mayCreateDatabases: row.mayCreateDatabases,
    roles: row.roles,
    user: row.user,
    availableExtensions: row.extensions,
    freeBytes: await server.freeBytes(),
    live: exists ? live : null,
    databases,
    properties: exists ? snapshot.properties : defaults,
  }
}

function serverSql(database: string): string {
  const name = quoteLiteral(database)
  return `SELECT (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user) AS "mayCreateDatabases",
    current_user AS user,
    (SELECT json_agg(rolname) FROM pg_roles) AS roles,
    (SELECT json_agg(name) FROM pg_available_extensions) AS extensions,
    (SELECT count(*) FROM pg_prepared_xacts WHERE database = ${name}) AS "preparedTransactions",
    (SELECT coalesce(json_agg(slot_name), '[]') FROM pg_replication_slots WHERE slot_type = 'logical' AND database = ${name}) AS "logicalSlots"`
}
