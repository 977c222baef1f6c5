import {describe, expect, test} from 'vitest'
import {parseCron} from '../../../src/lib/config/cron-text.ts'
import {Calendar} from '../../../src/lib/domain/calendar.ts'
import {lastOccurrence, nextOccurrence} from '../../../src/lib/domain/cron-expression.ts'
import {type JobRecord, noRecord, recordRun} from '../../../src/lib/domain/job.ts'
import {jitterOf, judgeDue, type JobSchedule} from '../../../src/lib/domain/schedule.ts'

const minute = 60_000
const hour = 60 * minute

function schedule(text: string, more: Partial<JobSchedule> = {}): JobSchedule {
  const fields = parseCron(text)!
  return {
    job: 'backup',
    text,
    fields,
    timeZone: 'UTC',
    jitterMilliseconds: 0,
    retryMilliseconds: 30 * minute,
    lateMilliseconds: 2 * hour,
    ...more,
    calendar: new Calendar(more.timeZone ?? 'UTC'),
  }
}

/** A record whose newest run took a minute and ended with the code. */
function ran(startedAt: string, exitCode = 0, record: JobRecord = noRecord): JobRecord {
  const endedAt = new Date(Date.parse(startedAt) + minute).toISOString()
  return recordRun(record, 'backup', {run: 'r', startedAt, endedAt, exitCode}, {})
}

const isDue = (each: JobSchedule, record: JobRecord, now: string) => judgeDue(each, record, Date.parse(now)).isDue

/** Every time at which a machine that looks each five minutes runs the job, with no failure. */
function runsOf(each: JobSchedule, from: string, to: string, {offFrom = to, offTo = to} = {}): string[] {
  const runs: string[] = []
  let record = ran(new Date(Date.parse(from) - minute).toISOString())
  for (let now = Date.parse(from); now < Date.parse(to); now += 5 * minute) {
    if (now >= Date.parse(offFrom) && now < Date.parse(offTo)) continue
    if (!judgeDue(each, record, now).isDue) continue
    const at = new Date(now).toISOString()
    runs.push(at.slice(0, 16))
    record = ran(at, 0, record)
  }
  return runs
}

describe('nights on which clocks are changed', () => {
  test.each([
    ['Europe/Berlin', '30 2 * * *', 'spring', '2026-03-28T12:00Z', '2026-03-30T12:00Z', ['2026-03-29T01:30', '2026-03-30T00:30']],
    ['Europe/Berlin', '30 2 * * *', 'autumn', '2026-10-24T12:00Z', '2026-10-26T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['America/New_York', '30 2 * * *', 'spring', '2026-03-07T12:00Z', '2026-03-09T12:00Z', ['2026-03-08T07:30', '2026-03-09T06:30']],
    ['America/New_York', '30 1 * * *', 'autumn', '2026-10-31T12:00Z', '2026-11-02T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
    ['Australia/Lord_Howe', '15 2 * * *', 'spring', '2026-10-03T00:00Z', '2026-10-05T00:00Z', ['2026-10-03T15:45', '2026-10-04T15:15']],
    ['Australia/Lord_Howe', '45 1 * * *', 'autumn', '2026-04-04T00:00Z', '2026-04-06T00:00Z', ['2026-04-04T14:45', '2026-04-05T15:15']],
    ['Africa/Cairo', '30 0 * * *', 'spring', '2026-04-23T12:00Z', '2026-04-25T12:00Z', ['2026-04-23T22:30', '2026-04-24T21:30']],
    ['America/Sao_Paulo', '0 0 * * *', 'spring', '2018-11-03T12:00Z', '2018-11-05T12:00Z', ['2018-11-04T03:00', '2018-11-05T02:00']],
  ])('in %s a job at %s runs exactly once in the night of %s', (timeZone, text, _season, from, to, runs) => {
    expect(runsOf(schedule(text, {timeZone}), from, to)).toEqual(runs)
  })

  test('a job of every hour goes by real time, through the hour that is repeated and the one that is left out', () => {
    const hourly = schedule('0 * * * *', {timeZone: 'Europe/Berlin'})
    expect(runsOf(hourly, '2026-10-24T22:30Z', '2026-10-25T03:30Z')).toHaveLength(5)
    expect(runsOf(hourly, '2026-03-28T22:30Z', '2026-03-29T03:30Z')).toHaveLength(5)
  })

  test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kathmandu'])(
    'looking back finds what looking ahead found, through two months with a change of clocks, if there is one, in %s',
    (zone) => {
      const [calendar, fields] = [new Calendar(zone), parseCron('15,45 1-3 * * *')!]
      let ahead = Date.parse('2026-03-01T00:00Z')
      while (ahead < Date.parse('2026-05-01T00:00Z')) {
        ahead = nextOccurrence(fields, calendar, ahead)!
        expect(lastOccurrence(fields, calendar, ahead)).toBe(ahead)
        expect(lastOccurrence(fields, calendar, ahead + 14 * minute)).toBe(ahead)
      }
    },
  )
})

describe('a job', () => {
  const nightly = schedule('0 2 * * *')

  test('is due at its time and not before', () => {
    const record = ran('2026-11-21T02:00:00Z')
    expect([isDue(nightly, record, '2026-11-22T01:59:59Z'), isDue(nightly, record, '2026-11-22T02:00:00Z')]).toEqual([false, true])
  })

  test('that never ran is due at once, since until then there is nothing', () => {
    expect(isDue(nightly, noRecord, '2026-11-22T14:00:00Z')).toBe(true)
  })

  test('is not due again once it ran, by hand too', () => {
    expect(isDue(nightly, ran('2026-11-22T02:00:00Z'), '2026-11-22T02:05:00Z')).toBe(false)
    expect(isDue(nightly, ran('2026-11-22T13:00:00Z'), '2026-11-22T14:00:00Z')).toBe(false)
  })

  test('that was missed while the machine was off is made up once after boot, however many were missed', () => {
    const off = {offFrom: '2026-11-20T01:00Z', offTo: '2026-11-23T09:10Z'}
    expect(runsOf(nightly, '2026-11-19T00:00Z', '2026-11-25T00:00Z', off)).toEqual([
      '2026-11-19T02:00',
      '2026-11-23T09:10',
      '2026-11-24T02:00',
    ])
  })

  test('that failed is tried again after the pause, and not before', () => {
    const record = ran('2026-11-22T02:00:00Z', 10, ran('2026-11-21T02:00:00Z'))
    expect(isDue(nightly, record, '2026-11-22T02:30:59Z')).toBe(false)
    expect(isDue(nightly, record, '2026-11-22T02:31:00Z')).toBe(true)
  })

  test('that ended with a warning did its work', () => {
    expect(isDue(nightly, ran('2026-11-22T02:00:00Z', 1), '2026-11-22T08:00:00Z')).toBe(false)
  })

  test('that proved a backup to be bad has given its answer', () => {
    const run = {run: 'r', startedAt: '2026-11-22T02:00:00Z', endedAt: '2026-11-22T02:01:00Z', exitCode: 13}
    expect(isDue({...nightly, job: 'verify'}, recordRun(noRecord, 'verify', run, {}), '2026-11-22T08:00:00Z')).toBe(false)
    expect(isDue(nightly, recordRun(noRecord, 'backup', run, {}), '2026-11-22T08:00:00Z')).toBe(true)
  })

  test('that found the lock held is tried again after the pause', () => {
    const record = {...ran('2026-11-21T02:00:00Z'), skips: 1, skippedAt: '2026-11-22T02:00:00Z'}
    expect([isDue(nightly, record, '2026-11-22T02:10:00Z'), isDue(nightly, record, '2026-11-22T02:30:00Z')]).toEqual([false, true])
  })

  test('whose last run is dated in the future by a wrong clock runs all the same', () => {
    expect(isDue(nightly, ran('2031-01-01T00:00:00Z'), '2026-11-22T02:00:00Z')).toBe(true)
  })

  test('whose last run is dated a little in the future, by a clock that was set back, does not run twice', () => {
    expect(isDue(nightly, ran('2026-11-22T02:00:30Z'), '2026-11-22T02:00:00Z')).toBe(false)
  })

  test('runs later by its jitter, which is always the same', () => {
    const shifted = schedule('0 2 * * *', {jitterMilliseconds: 7 * minute})
    const record = ran('2026-11-21T02:07:00Z')
    expect([isDue(shifted, record, '2026-11-22T02:06:00Z'), isDue(shifted, record, '2026-11-22T02:07:00Z')]).toEqual([false, true])
    expect(judgeDue(shifted, ran('2026-11-22T02:07:00Z'), Date.parse('2026-11-22T12:00Z')).next).toBe(Date.parse('2026-11-23T02:07Z'))
  })

  test('that is due says since when', () => {
    expect(judgeDue(nightly, ran('2026-11-20T02:00:00Z'), Date.parse('2026-11-22T14:00Z'))).toMatchObject({
      isDue: true,
      since: Date.parse('2026-11-22T02:00Z'),
    })
  })
})

test('jitter depends on the name alone, stays below its limit and spreads', () => {
  const jitters = Array.from({length: 200}, (_, index) => jitterOf(`shop${index}-production-backup`, 10 * minute))
  expect(jitterOf('shop7-production-backup', 10 * minute)).toBe(jitters[7])
  expect(Math.max(...jitters)).toBeLessThan(10 * minute)
  expect(new Set(jitters).size).toBeGreaterThan(120)
  expect(jitterOf('shop', 0)).toBe(0)
})

describe('a cron expression', () => {
  test.each([
    '',
    '* *',
    '61 * * * *',
    '* * * * * *',
    '0 2 30 2 *',
    'H 2 * * *',
    '@reboot',
    '0 2 L * *',
    '0 2 * * 5L',
    '0 2 * * 1#2',
    '0 2 ? * 1',
  ])('%j is refused', (text) => {
    expect(parseCron(text)).toBeNull()
  })

  test.each([
    ['@daily', '2026-11-23T00:00'],
    ['0 2 * * MON', '2026-11-23T02:00'],
    ['0 2 * * 7', '2026-11-29T02:00'],
    ['0 0 13 * 5', '2026-11-27T00:00'],
    ['0 0 29 2 *', '2028-02-29T00:00'],
    ['*/20 3 * * *', '2026-11-23T03:00'],
    ['0 2 1 jan,jul *', '2027-01-01T02:00'],
  ])('%s fires next at %s', (text, expected) => {
    const next = nextOccurrence(parseCron(text)!, new Calendar('UTC'), Date.parse('2026-11-22T10:00Z'))
    expect(new Date(next!).toISOString().slice(0, 16)).toBe(expected)
  })
})
