import type pg from 'pg'
import {domain} from './001-domain.ts'
import {accounts} from './002-accounts.ts'
import {integrations} from './003-integrations.ts'

interface Migration {
  name: string
  sql: string
  /** Code that does not know this migration cannot work on a schema that has it, as where a column that it reads is dropped. */
  breaking?: boolean
}

const migrations: readonly Migration[] = [domain, accounts, integrations]

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
    await client.query('ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS breaking boolean NOT NULL DEFAULT false')
    const applied = await applyMissing(client)
    await client.query('COMMIT')
    return applied
  } catch (error) {
    // The first error is the one to tell; a session that is gone has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Returns what `migrate` would apply, and changes nothing. */
export async function pendingMigrations(client: pg.ClientBase): Promise<{name: string; breaking: boolean}[]> {
  const {rows} = await client.query<{there: boolean}>("SELECT to_regclass('schema_migrations') IS NOT NULL AS there")
  const pending = rows[0]?.there ? await missing(client) : migrations
  return pending.map(({name, breaking = false}) => ({name, breaking}))
}

async function applyMissing(client: pg.ClientBase): Promise<string[]> {
  const pending = await missing(client)
  for (const {name, sql, breaking = false} of pending) {
    await client.query(sql)
    await client.query('INSERT INTO schema_migrations (name, breaking) VALUES ($1, $2)', [name, breaking])
  }
  return pending.map(({name}) => name)
}

async function missing(client: pg.ClientBase): Promise<Migration[]> {
  const {rows} = await client.query<{name: string}>('SELECT name FROM schema_migrations')
  return migrations.filter(({name}) => !rows.some((row) => row.name === name))
}
