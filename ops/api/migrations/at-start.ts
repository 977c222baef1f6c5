import {setTimeout as delay} from 'node:timers/promises'
import {Client} from 'pg'
import {describeFailure} from '../failure.ts'
import {log} from '../log.ts'
import {migrate} from './migrate.ts'

/** Migrates as soon as the database answers, trying once a second; never rejects. Until then /health says what is missing. */
export async function migrateUntilDone(url: string, signal: AbortSignal): Promise<void> {
  let told = ''
  while (!signal.aborted) {
    try {
      log('info', 'schema is up to date', {applied: (await migrateOnce(url)).length})
      return
    } catch (error) {
      const reason = describeFailure(error)
      if (reason !== told) log('warn', 'the schema cannot be brought up to date yet', {reason})
      told = reason
    }
    // Only an abort rejects here, and the loop ends on it.
    await delay(1_000, undefined, {signal, ref: false}).catch(() => undefined)
  }
}

/** Migrates over a connection of its own and returns the names of what was applied. */
export async function migrateOnce(url: string): Promise<string[]> {
  return connectOnce(url, migrate)
}

/** Returns what `work` returns, done over a connection of its own that is closed on every path. */
export async function connectOnce<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'sparkone-api migrate'})
  // A lost connection also rejects the running query, which is where it is told.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
