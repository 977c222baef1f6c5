import {Pool, type ClientBase} from 'pg'
import {PublicFailure} from './failure.ts'
import type {Probe} from './health.ts'
import {log} from './log.ts'

/** A pool or one of its clients. */
export type Queryable = Pick<ClientBase, 'query'>

/** The tables without which the API cannot do its work. */
const domainTables = ['users', 'channels', 'messages', 'attachments', 'events', 'settings'] as const

/** Returns a pool that survives sessions being terminated: the next query opens a new one. */
export function openPool(url: string, size: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max: size,
    application_name: 'sparkone-api',
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    query_timeout: 5_000,
    statement_timeout: 5_000,
    keepAlive: true,
  })
  // Without a listener an idle session that the server ends would end the process.
  pool.on('error', (error) => log('warn', 'an idle database session ended', {reason: error.message}))
  return pool
}

/** Returns the share of the pool in use, 0 to 1. */
export function poolUse(pool: Pool): number {
  return (pool.totalCount - pool.idleCount) / pool.options.max
}

/** Returns a probe that names missing tables and then reads each of them, as requests do. */
export function databaseProbe(pool: Pool): Probe {
  const reads = domainTables.map((table) => `(SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT 1) AS ${table})`).join(', ')
  return async () => {
    const {rows} = await pool.query<{name: string}>('SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL', [
      domainTables,
    ])
    if (rows.length > 0) throw new PublicFailure(missing(rows.map((row) => row.name)))
    await pool.query(`SELECT ${reads}, (SELECT count(*) FROM (SELECT embedding FROM messages LIMIT 1) AS vectors)`)
  }
}

function missing(tables: string[]): string {
  return tables.length === 1 ? `table ${tables[0]} is missing` : `tables ${tables.join(', ')} are missing`
}
