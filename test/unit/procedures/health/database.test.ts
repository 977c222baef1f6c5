import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {backupSet} from '../../../support/backup-sets.ts'
import {HealthRun} from '../../../support/health-run.ts'

function damaged(reading: Record<string, unknown>): HealthRun {
  const run = new HealthRun()
  run.stack.reading = {...(run.stack.reading as Record<string, unknown>), ...reading}
  return run
}

test('a database that answers is OK with its version and connections', async () => {
  expect(await new HealthRun().about('database')).toMatchObject([
    {status: 'ok', message: 'PostgreSQL 17.2, 12 of 100 connections, answers in 0 ms'},
  ])
})

test.each([
  [79, 'ok'],
  [80, 'warning'],
  [95, 'critical'],
])('%d of 100 connections are %s', async (connections, status) => {
  expect((await damaged({connections}).about('database'))[0]!.status).toBe(status)
})

test('a server in recovery is a warning, since it refuses writes', async () => {
  expect(await damaged({recovering: true}).about('database')).toMatchObject([
    {status: 'warning', message: expect.stringMatching(/^is in recovery and refuses writes/)},
  ])
})

test.each([
  ['unreachable', 'critical', 'docker compose up -d postgres'],
  ['timeout', 'critical', 'docker compose up -d postgres'],
  ['notFound', 'critical', 'sparkone restore --list'],
  ['denied', 'unknown', 'sparkone config   (shows which user is used and where it comes from)'],
  ['failed', 'critical', 'docker compose logs --tail=50 postgres'],
] as const)('a query that ends with %s is %s', async (kind, status, hint) => {
  const run = new HealthRun()
  run.stack.reading = new OperatorError(kind, 'It did not work.')
  expect(await run.about('database')).toMatchObject([{status, hint}])
})

test('a table of the newest proven backup that is gone is critical, with the way to bring it back', async () => {
  const run = damaged({tables: [{schema: 'public', name: 'customers'}]})
  expect(await run.about('tables')).toMatchObject([
    {
      status: 'critical',
      message: 'table public.orders, in backup 20261122T020000Z-3f9a1c, is missing',
      hint: expect.stringMatching(/^sparkone restore 20261122T020000Z-3f9a1c /),
    },
  ])
})

test('many missing tables are counted instead of filling the screen', async () => {
  const run = damaged({tables: []})
  run.backups = [backupSet({startedAt: run.hoursAgo(1), tables: ['a', 'b', 'c', 'd', 'e']})]
  expect((await run.about('tables'))[0]!.message).toBe(
    'tables public.a, public.b, public.c and 2 more, in backup 20261122T090000Z-3f9a1c, are missing',
  )
})

test('new tables are no fault', async () => {
  const run = new HealthRun()
  run.backups = [backupSet({startedAt: run.hoursAgo(1), tables: ['customers']})]
  expect(await run.about('tables')).toMatchObject([
    {status: 'ok', message: 'backup 20261122T090000Z-3f9a1c holds 1 table, and none is missing'},
  ])
})

test('only a proven backup of this very database is compared with', async () => {
  const run = damaged({tables: []})
  run.backups = [backupSet({startedAt: run.hoursAgo(1), proof: 'none'}), backupSet({startedAt: run.hoursAgo(2), database: 'other'})]
  expect(await run.about('tables')).toEqual([])
})
