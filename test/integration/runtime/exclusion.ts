import {Client} from 'pg'
import {describe, expect, it} from 'vitest'
import type {Ask} from './conformance.ts'
import {failureOf} from './queries.ts'
import type {Subject} from './subject.ts'

const holders = 10

/** Connects as an application would; being thrown out is no error. */
async function connect(subject: Subject, database: string): Promise<Client> {
  const client = new Client({...subject.client, database, connectionTimeoutMillis: 10_000})
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Fills databases `busy` and `busy_next` with one row that names them. */
async function makeDatabases({runtime: {database}}: Subject): Promise<void> {
  for (const name of ['busy', 'busy_next']) {
    await database.command('postgres', `CREATE DATABASE ${name}`)
    await database.execute(name, `CREATE TABLE identity AS SELECT '${name}' AS name`)
  }
}

export function exclusionConforms(ask: Ask): void {
  describe('swapping databases in use', () => {
    it('renames two databases in one step while ten clients hold on and new ones keep coming', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await makeDatabases(subject)
      const held = await Promise.all(Array.from({length: holders}, () => connect(subject, 'busy')))
      for (const client of held) await client.query('BEGIN; LOCK TABLE identity IN ACCESS SHARE MODE')
      const seen = new Set<string>()
      const abort = new AbortController()
      const newcomers = (async () => {
        while (!abort.signal.aborted) {
          const client = await connect(subject, 'busy').catch((error: Error & {code?: string}) => error)
          if (client instanceof Error) {
            seen.add(client.code ?? client.message)
            continue
          }
          const answer = await client.query<{name: string}>('SELECT name FROM identity').catch(() => null)
          if (answer) seen.add(answer.rows[0]!.name)
          await client.end().catch(() => undefined)
        }
      })()
      try {
        const script = 'ALTER DATABASE busy RENAME TO busy_before;\nALTER DATABASE busy_next RENAME TO busy'
        await database.executeExclusively(['busy', 'busy_next'], script)
        await expect.poll(() => [...seen]).toContain('busy_next')
      } finally {
        abort.abort()
        await newcomers
        for (const client of held) await client.end().catch(() => undefined)
      }
      expect(await database.query('busy', 'SELECT name FROM identity')).toEqual([{name: 'busy_next'}])
      expect(await database.query('busy_before', 'SELECT name FROM identity')).toEqual([{name: 'busy'}])
      // 3D000: for the blink in which neither name is taken, there is none; nothing else may go wrong.
      expect([...seen].filter((each) => !['busy', 'busy_next', '3D000', '57P01'].includes(each))).toEqual([])
    })

    it('changes nothing when the second rename cannot be done', async ({skip}) => {
      const {database} = ask(skip).runtime
      const script = 'ALTER DATABASE busy RENAME TO busy_aside;\nALTER DATABASE busy_before RENAME TO postgres'
      expect(await failureOf(database.executeExclusively(['busy', 'busy_before'], script))).toBe('failed')
      expect(await database.query('busy', 'SELECT name FROM identity')).toEqual([{name: 'busy_next'}])
    })

    it('drops a database in use', async ({skip}) => {
      const subject = ask(skip)
      const client = await connect(subject, 'busy')
      await subject.runtime.database.drop('busy')
      await subject.runtime.database.drop('busy_before')
      await client.end().catch(() => undefined)
      expect(await failureOf(subject.runtime.database.query('busy', 'SELECT 1'))).toBe('notFound')
    })
  })
}
