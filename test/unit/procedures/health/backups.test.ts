import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {backupSet} from '../../../support/backup-sets.ts'
import {HealthRun} from '../../../support/health-run.ts'

type Proof = 'passed' | 'failed' | 'none'

async function judged(...backups: [hours: number, proof: Proof][]) {
  const run = new HealthRun()
  run.backups = backups.map(([hours, proof]) => backupSet({startedAt: run.hoursAgo(hours), proof}))
  return (await run.about('backup'))[0]!
}

test('a proven backup younger than the limit is OK, with its age and id', async () => {
  expect(await judged([8, 'passed'])).toMatchObject({status: 'ok', message: 'newest proven backup 20261122T020000Z-3f9a1c is 8h old'})
})

const cases: [string, [number, Proof][], string, string][] = [
  ['no backup at all', [], 'critical', 'sparkone backup && sparkone verify'],
  ['a fresh backup that nobody proved', [[1, 'none']], 'warning', 'sparkone verify 20261122T090000Z-3f9a1c'],
  ['only an old backup that nobody proved', [[27, 'none']], 'critical', 'sparkone backup && sparkone verify'],
  ['a proven backup of 27 hours', [[27, 'passed']], 'warning', 'sparkone backup && sparkone verify'],
  ['a proven backup of 53 hours', [[53, 'passed']], 'critical', 'sparkone backup && sparkone verify'],
  [
    'an old proven backup and a fresh one that nobody proved',
    [
      [1, 'none'],
      [53, 'passed'],
    ],
    'warning',
    'sparkone verify 20261122T090000Z-3f9a1c',
  ],
  ['only a backup that failed its proof', [[1, 'failed']], 'critical', 'sparkone backup && sparkone verify'],
  [
    'a backup that failed its proof after one that passed',
    [
      [1, 'failed'],
      [8, 'passed'],
    ],
    'warning',
    'sparkone backup && sparkone verify',
  ],
]

test.each(cases)('%s', async (_, backups, status, hint) => {
  expect(await judged(...backups)).toMatchObject({status, hint})
})

test('a fresh backup that is not proven yet does not spoil a proven one within its limit', async () => {
  expect((await judged([1, 'none'], [8, 'passed'])).status).toBe('ok')
})

test('a backup from the future means that a clock is wrong', async () => {
  expect(await judged([-3, 'passed'])).toMatchObject({status: 'unknown', message: expect.stringContaining('3h in the future')})
})

test('a backup folder that cannot be read is unknown', async () => {
  const run = new HealthRun()
  run.backups = new OperatorError('denied', 'The folder may not be read.')
  expect(await run.about('backup')).toMatchObject([{status: 'unknown', message: 'not known: The folder may not be read'}])
})

test('a backup of another database does not count', async () => {
  const run = new HealthRun()
  run.backups = [backupSet({startedAt: run.hoursAgo(1), database: 'other'})]
  expect(await run.about('backup')).toMatchObject([{status: 'critical', message: 'there is no backup'}])
})

test('a backup that is suspiciously small is a warning until somebody has accepted it', async () => {
  const run = new HealthRun()
  const set = backupSet({startedAt: run.hoursAgo(1)})
  const manifest = {...set.manifest, anomalies: [{subject: 'table public.orders', value: 3, median: 200}]}
  run.backups = [{...set, manifest}]
  const message = expect.stringContaining('is suspiciously small: table public.orders has 3 rows, and had 200')
  expect(await run.about('backup')).toMatchObject([{status: 'warning', message, hint: `sparkone backup accept ${manifest.id}`}])
  const marks = {format: 1 as const, id: manifest.id, accepted: {at: manifest.startedAt, by: 'operator@server'}}
  run.backups = [{...set, manifest, marks}]
  expect(await run.about('backup')).toMatchObject([{status: 'ok'}])
})

test('several databases are judged each by its own backups, and files are none of them', async () => {
  const run = new HealthRun()
  run.input = {...run.input, databases: ['shop', 'billing', 'events']}
  run.backups = [
    backupSet({startedAt: run.hoursAgo(8)}),
    backupSet({startedAt: run.hoursAgo(60), database: 'billing'}),
    backupSet({startedAt: run.hoursAgo(1), database: ''}),
  ]
  const backups = (await run.findings()).filter(({subject}) => subject.startsWith('backup '))
  expect(backups).toMatchObject([
    {subject: 'backup shop', status: 'ok'},
    {subject: 'backup billing', status: 'critical'},
    {subject: 'backup events', status: 'critical', message: 'there is no backup'},
  ])
})
