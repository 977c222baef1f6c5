import {beforeEach, expect, test} from 'vitest'
import {schedulesOf} from '../../../../src/lib/config/attendance-input.ts'
import {noRecord, recordRun} from '../../../../src/lib/domain/job.ts'
import {timerFiles} from '../../../../src/lib/domain/timer-files.ts'
import {settingsWith} from '../../../support/command.ts'
import {HealthRun} from '../../../support/health-run.ts'

const minute = 60_000

let run: HealthRun

beforeEach(() => {
  run = new HealthRun()
  run.input.schedules = schedulesOf(settingsWith({schedule: {backup: '0 2 * * *'}}))
})

/** The newest backup, so many hours ago. */
function backedUp(hours: number, exitCode = 0): void {
  const [startedAt, endedAt] = [run.hoursAgo(hours).toISOString(), run.hoursAgo(hours - 0.1).toISOString()]
  const record = run.jobs.records.get('backup') ?? noRecord
  run.jobs.records.set('backup', recordRun(record, 'backup', {run: 'r', startedAt, endedAt, exitCode}, {}))
}

function install(): void {
  const caller = {project: 'shop', environment: 'production', user: 'root', words: [], folder: '/', variables: {}, path: ''}
  for (const {path, text} of timerFiles('cron.d', caller, '/', null)) run.files.files.set(path, text)
}

test('nothing is said where nothing runs by schedule', async () => {
  run.input.schedules = []
  expect(await run.about('cron')).toEqual([])
})

test('a schedule that nothing goes by is a warning that says what to type', async () => {
  expect((await run.about('cron'))[0]).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('no timer is installed'),
    hint: 'sparkone cron install',
  })
})

test('a timer that is installed and does not call is a warning, too', async () => {
  install()
  run.jobs.look = run.hoursAgo(3)
  expect((await run.about('cron'))[0]).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('last looked what is due 3h ago'),
  })
})

test('whatever calls it, a scheduler that looks is well', async () => {
  run.jobs.look = new Date(run.clock.now().getTime() - 4 * minute)
  backedUp(8)
  expect((await run.about('cron')).map(({subject, status}) => [subject, status])).toEqual([
    ['cron', 'ok'],
    ['cron backup', 'ok'],
  ])
})

test('a job that did not run for two hours after its time is late', async () => {
  backedUp(32)
  expect((await run.about('cron backup'))[0]).toMatchObject({
    status: 'critical',
    message: 'late: due for 8h; its last run ended with 0',
    hint: 'sparkone cron run',
  })
})

test('a job that never ran is late as well', async () => {
  expect((await run.about('cron backup'))[0]).toMatchObject({status: 'critical', message: expect.stringContaining('it never ran')})
})

test('a job that failed is late, although it is tried again', async () => {
  backedUp(32)
  backedUp(0.2, 10)
  expect((await run.about('cron backup'))[0]).toMatchObject({status: 'critical', message: expect.stringContaining('ended with 10')})
})

test('a job whose time was a moment ago is not late yet', async () => {
  run.input.schedules = schedulesOf(settingsWith({schedule: {backup: '30 9 * * *'}}))
  backedUp(24)
  expect((await run.about('cron backup'))[0]).toMatchObject({status: 'ok'})
})
