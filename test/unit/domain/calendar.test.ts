import {describe, expect, test} from 'vitest'
import {Calendar, formatPeriod, isTimeZone, parsePeriod, type Period} from '../../../src/lib/domain/calendar.ts'

const at = (moment: string) => Date.parse(moment)
const span = (text: string) => parsePeriod(text)!

describe('a span', () => {
  const none: Period = {years: 0, months: 0, days: 0, hours: 0}
  test.each<[string, Period]>([
    ['90d', {...none, days: 90}],
    ['2w', {...none, days: 14}],
    ['6m', {...none, months: 6}],
    ['1y6m', {...none, years: 1, months: 6}],
    ['1y 2m 3d 4h', {years: 1, months: 2, days: 3, hours: 4}],
    ['36h', {...none, hours: 36}],
  ])('is read: %s', (text, period) => expect(parsePeriod(text)).toEqual(period))

  test.each(['', '0d', '90', 'd', '3d1y', '-1d', '1.5d', '90days', '1y6mo', '12345y'])('is refused when it is none: "%s"', (text) =>
    expect(parsePeriod(text)).toBeNull(),
  )

  test.each(['90d', '1y6m', '1y2m3d4h'])('is written as it is read: %s', (text) => expect(formatPeriod(span(text))).toBe(text))
})

test.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Australia/Lord_Howe', true],
  ['Mars/Olympus', false],
  ['', false],
])('a time zone is told from what is none: %s', (name, is) => expect(isTimeZone(name)).toBe(is))

// For each change of clocks: two moments, and whether they lie in one hour and one day.
describe.each<[zone: string, what: string, one: string, other: string, sameHour: boolean, sameDay: boolean]>([
  ['UTC', 'the seconds around midnight', '2026-03-28T23:59:59Z', '2026-03-29T00:00:00Z', false, false],
  ['Europe/Berlin', 'both sides of the hour left out in spring', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', false, true],
  ['Europe/Berlin', 'the short day from its begin to its end', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', false, true],
  ['Europe/Berlin', 'the first moment after the short day', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z', false, false],
  ['Europe/Berlin', 'the hour that is there twice in autumn', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', false, true],
  ['Europe/Berlin', 'the long day from its begin to its end', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', false, true],
  ['America/New_York', 'the hour that is there twice', '2026-11-01T05:15:00Z', '2026-11-01T06:15:00Z', false, true],
  ['America/New_York', 'one hour of an ordinary day', '2026-11-02T05:00:00Z', '2026-11-02T05:59:59Z', true, true],
  ['Australia/Lord_Howe', 'the half hour that is there twice', '2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z', false, true],
  ['Australia/Lord_Howe', 'the half hour left out', '2026-10-03T15:29:00Z', '2026-10-03T15:31:00Z', false, true],
  ['Australia/Lord_Howe', 'an hour that begins at half past in UTC', '2026-07-01T00:30:00Z', '2026-07-01T01:29:59Z', true, true],
  ['Asia/Kathmandu', 'a day that begins at a quarter past', '2026-07-01T18:14:59Z', '2026-07-01T18:15:00Z', false, false],
  ['America/Santiago', 'a day whose midnight is left out', '2026-09-06T03:59:59Z', '2026-09-06T04:00:00Z', false, false],
  ['Africa/Cairo', 'midnight that is reached twice', '2026-10-29T20:30:00Z', '2026-10-29T21:30:00Z', false, true],
  ['Pacific/Apia', 'both sides of the day that was left out', '2011-12-30T09:59:59Z', '2011-12-30T10:00:00Z', false, false],
  ['Pacific/Kiritimati', 'a day that begins fourteen hours early', '2026-07-01T09:59:59Z', '2026-07-01T10:00:00Z', false, false],
  ['Europe/Istanbul', 'the autumn in which clocks were left as they were', '2016-10-30T00:30:00Z', '2016-10-30T01:30:00Z', false, true],
  ['Asia/Pyongyang', 'the half hour by which a zone was moved', '2018-05-04T14:45:00Z', '2018-05-04T15:15:00Z', false, false],
])('in %s, %s', (zone, _what, one, other, sameHour, sameDay) => {
  const calendar = new Calendar(zone)
  test(`${one} and ${other} lie in ${sameHour ? 'one hour' : 'two hours'} and ${sameDay ? 'one day' : 'two days'}`, () => {
    expect(calendar.hour(at(one)) === calendar.hour(at(other))).toBe(sameHour)
    expect(calendar.day(at(one)) === calendar.day(at(other))).toBe(sameDay)
  })
})

describe('weeks, months and years', () => {
  const utc = new Calendar('UTC')
  test('a week begins on Monday and does not end with the year', () => {
    expect(utc.week(at('2020-12-31T12:00:00Z'))).toBe(utc.week(at('2021-01-03T23:59:59Z')))
    expect(utc.week(at('2021-01-03T23:59:59Z'))).not.toBe(utc.week(at('2021-01-04T00:00:00Z')))
  })

  test('end where the clocks of the zone say so', () => {
    const [moment, later] = [at('2026-12-31T22:59:59Z'), at('2026-12-31T23:00:00Z')]
    const berlin = new Calendar('Europe/Berlin')
    expect([berlin.month(moment) === berlin.month(later), berlin.year(moment) === berlin.year(later)]).toEqual([false, false])
    expect([utc.month(moment) === utc.month(later), utc.year(moment) === utc.year(later)]).toEqual([true, true])
  })

  test('before 1970 are as ordered as after', () => {
    expect(utc.day(at('1969-12-31T23:59:59Z'))).toBe(-1)
    expect(utc.year(at('1969-12-31T23:59:59Z'))).toBe(1969)
  })
})

// A day back is the same time on the clock, whatever the clocks did in between; an hour back is an hour.
test.each<[zone: string, moment: string, period: string, earlier: string]>([
  ['UTC', '2026-03-31T12:00:00Z', '1m', '2026-03-03T12:00:00.000Z'],
  ['UTC', '2024-02-29T12:00:00Z', '1y', '2023-03-01T12:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T10:00:00Z', '1d', '2026-03-28T11:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T10:00:00Z', '24h', '2026-03-28T10:00:00.000Z'],
  ['Europe/Berlin', '2026-10-25T10:00:00Z', '1d', '2026-10-24T09:00:00.000Z'],
  // To a time that was never shown, and to one that was shown twice: the earlier keeps more.
  ['Europe/Berlin', '2026-03-30T00:30:00Z', '1d', '2026-03-29T01:30:00.000Z'],
  ['Europe/Berlin', '2026-10-26T01:30:00Z', '1d', '2026-10-25T00:30:00.000Z'],
  ['Australia/Lord_Howe', '2026-04-05T15:15:00Z', '1d', '2026-04-04T14:45:00.000Z'],
  ['Pacific/Apia', '2012-01-01T00:00:00Z', '2d', '2011-12-31T00:00:00.000Z'],
  ['America/New_York', '2026-07-01T04:00:00Z', '6m', '2026-01-01T05:00:00.000Z'],
])('in %s, %s less %s is %s', (zone, moment, period, earlier) => {
  expect(new Date(new Calendar(zone).before(at(moment), span(period))).toISOString()).toBe(earlier)
})

test('what lies before all time is minus infinity', () => {
  expect(new Calendar('Europe/Berlin').before(at('2026-01-01T00:00:00Z'), {years: 999_999, months: 0, days: 0, hours: 0})).toBe(-Infinity)
})
