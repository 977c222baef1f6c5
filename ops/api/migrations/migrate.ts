import type pg from 'pg'
import {domain} from './001-domain.ts'
import {accounts} from './002-accounts.ts'
import {integrations} from './003-integrations.ts'

const migrations = [domain, accounts, integrations]

// Any number will do, as long as every process that migrates takes the same one.
const lockNumber = 7_302_651

/** Brings the schema up to date in one transaction and returns the names of what it applied; processes that start together take turns. */
export async function migrate(client: pg.ClientBase): Promise<string[]> {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockNumber])
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const applied = await applyMissing(client)
    await client.query('COMMIT')
    return applied
  } catch (error) {
    // The first error is the one to tell; a session that is gone has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function applyMissing(client: pg.ClientBase): Promise<string[]> {
  const {rows} = await client.query<{name: string}>('SELECT name FROM schema_migrations')
  const missing = migrations.filter(({name}) => !rows.some((row) => row.name === name))
  for (const {name, sql} of missing) {
    await client.query(sql)
    await client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name])
  }
  return missing.map(({name}) => name)
}
