import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {backupId} from '../../../../src/lib/domain/backup-set.ts'
import type {OffsiteCopy, OffsiteStore} from '../../../../src/lib/ports.ts'
import {HealthRun} from '../../../support/health-run.ts'

const copy = (startedAt: Date, complete = true): OffsiteCopy => ({
  id: backupId(startedAt, '3f9a1c'),
  complete,
  members: [],
  proofAt: null,
  marksAt: null,
  newestAt: new Date(0),
})

function runWith(copies: OffsiteCopy[] | OperatorError): HealthRun {
  const run = new HealthRun()
  const list = async () => {
    if (copies instanceof OperatorError) throw copies
    return copies
  }
  run.targets = [
    {name: 'vault', maxAgeMilliseconds: 26 * 3_600_000, store: {location: 's3://vault', copies: list} as unknown as OffsiteStore},
  ]
  return run
}

const finding = async (run: HealthRun) => (await run.about('offsite'))[0]!

test('a whole copy that is young enough is well', async () => {
  const clock = new HealthRun()
  const found = await finding(runWith([copy(clock.hoursAgo(50)), copy(clock.hoursAgo(8))]))
  expect(found).toMatchObject({subject: 'offsite vault', status: 'ok', message: expect.stringContaining('8h old')})
})

test.each([
  [27, 'warning'],
  [53, 'critical'],
])('a newest copy of %s hours is %s and says how to get a new one', async (hours, status) => {
  expect(await finding(runWith([copy(new HealthRun().hoursAgo(hours))]))).toMatchObject({status, hint: 'sparkone sync'})
})

test('a copy without its manifest is none', async () => {
  expect(await finding(runWith([copy(new HealthRun().hoursAgo(8), false)]))).toMatchObject({
    status: 'critical',
    message: expect.stringContaining('no whole copy'),
  })
})

test('an empty target is critical', async () => {
  expect(await finding(runWith([]))).toMatchObject({status: 'critical'})
})

test('a target that cannot be listed is unknown, never well', async () => {
  const found = await finding(runWith(new OperatorError('denied', 's3://vault refuses: AccessDenied.', {hint: 'Check the keys.'})))
  expect(found).toMatchObject({status: 'unknown', message: 'not known: s3://vault refuses: AccessDenied', hint: 'Check the keys.'})
})

test('a copy from the future means that a clock is wrong', async () => {
  expect(await finding(runWith([copy(new HealthRun().hoursAgo(-3))]))).toMatchObject({status: 'unknown'})
})

test('without targets it is said that nothing is known', async () => {
  expect(await new HealthRun().about('offsite')).toEqual([])
})
