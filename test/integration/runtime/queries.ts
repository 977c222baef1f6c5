import {describe, expect, it} from 'vitest'
import type {ErrorKind} from '../../../src/lib/errors.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Ask} from './conformance.ts'
import {nastyText} from '../../support/one-of-everything.ts'

/** Returns the kind of the failure that a promise ends in. */
export async function failureOf(promise: Promise<unknown>): Promise<ErrorKind> {
  const error = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  )
  if (error instanceof OperatorError) return error.kind
  throw error
}

export function queriesConform(ask: Ask): void {
  describe('queries', () => {
    it('tells the version, the identity and the first role of the server', async ({skip}) => {
      const {runtime, major} = ask(skip)
      const facts = await runtime.database.facts()
      expect(Math.floor(facts.versionNumber / 10_000)).toBe(major)
      expect(facts.version).toMatch(new RegExp(`^${major}\\.`))
      expect(facts.systemIdentifier).toMatch(/^\d{19}$/)
      expect(facts.superuser).not.toBe('')
      expect(/^sha256:[0-9a-f]{64}$/.test(facts.imageId ?? '')).toBe(runtime.kind === 'compose')
      expect(await runtime.database.freeBytes()).toBeGreaterThan(1024 * 1024)
    })

    it('returns rows as they are, whatever characters, numbers and NULLs are in them', async ({skip}) => {
      const {runtime} = ask(skip)
      const literal = `E'${nastyText.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
      const rows = await runtime.database.query(
        'postgres',
        `SELECT ${literal} AS "odd ""name""; --", NULL AS nothing, 9007199254740993::text AS big, 2147483648 AS number, true AS yes,
           ARRAY['a', NULL] AS list, ':variable' AS colon UNION ALL SELECT '', '', '', -1, false, '{}', '\\q'`,
      )
      expect(rows).toEqual([
        {
          'odd "name"; --': nastyText,
          nothing: null,
          big: '9007199254740993',
          number: 2_147_483_648,
          yes: true,
          list: ['a', null],
          colon: ':variable',
        },
        {'odd "name"; --': '', nothing: '', big: '', number: -1, yes: false, list: [], colon: '\\q'},
      ])
      expect(await runtime.database.query('postgres', 'SELECT 1 WHERE false')).toEqual([])
    })

    it('tells a database that does not exist, refused credentials and a mistake apart', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      for (const name of ['no such database', "x' host='elsewhere", 'postgres://elsewhere/db', '-x', 'a=b']) {
        expect(await failureOf(database.query(name, 'SELECT 1'))).toBe('notFound')
      }
      expect(await failureOf(database.query('postgres', 'SELECT * FROM no_such_table'))).toBe('failed')
      const refused = await subject.openWithWrongCredentials()
      expect(await failureOf(refused.database.query('postgres', 'SELECT 1'))).toBe('denied')
    })

    it('ends a query at once when it is interrupted, for the program and for the server', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const abort = new AbortController()
      const query = failureOf(database.query('postgres', 'SELECT pg_sleep(60)', abort.signal))
      const sleeping = async () =>
        database.query('postgres', `SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`)
      await expect.poll(sleeping).toHaveLength(1)
      const begin = performance.now()
      abort.abort()
      expect(await query).toBe('interrupted')
      expect(performance.now() - begin).toBeLessThan(5000)
      await expect.poll(sleeping, {timeout: 5000}).toHaveLength(0)
      expect((await subject.processes()).filter((line) => /psql/.test(line))).toEqual([])
    })

    it('leaves other programs alone when one is interrupted', async ({skip}) => {
      const {runtime} = ask(skip)
      const abort = new AbortController()
      const stopped = failureOf(runtime.database.query('postgres', 'SELECT pg_sleep(60)', abort.signal))
      const other = runtime.database.query('postgres', 'SELECT pg_sleep(2)::text AS slept')
      const running = () => runtime.database.query('postgres', `SELECT pid FROM pg_stat_activity WHERE query ~ '\\(SELECT pg_sleep'`)
      await expect.poll(running).toHaveLength(2)
      abort.abort()
      expect(await stopped).toBe('interrupted')
      expect(await other).toEqual([{slept: ''}])
    })

    it('makes all changes of a script or none', async ({skip}) => {
      const {database} = ask(skip).runtime
      await database.command('postgres', 'CREATE DATABASE atomic')
      const script = `CREATE TABLE first (id int);\nINSERT INTO first VALUES (1)`
      expect(await failureOf(database.execute('atomic', `${script};\nSELECT 1 / 0`))).toBe('failed')
      expect(await database.query('atomic', `SELECT to_regclass('first') AS found`)).toEqual([{found: null}])
      await database.execute('atomic', script)
      expect(await database.query('atomic', 'SELECT * FROM first')).toEqual([{id: 1}])
      await database.drop('atomic')
      await database.drop('atomic')
      expect(await failureOf(database.query('atomic', 'SELECT 1'))).toBe('notFound')
    })
  })
}
