import {parsePeriod} from '../../../src/lib/domain/calendar.ts'
import {noRules, type Dated, type RetentionRules} from '../../../src/lib/domain/retention-policy.ts'

const hour = 3_600_000
const day = 24 * hour

/** Returns times from `start` on, `step` milliseconds apart. */
function series(start: string, amount: number, step: number): number[] {
  return Array.from({length: amount}, (_, index) => Date.parse(start) + index * step)
}

function at(moments: readonly string[]): number[] {
  return moments.map((moment) => Date.parse(moment))
}

const times = [
  // Ends of years, whose ISO week may belong to the other year, and a leap day.
  ...at(['2016-12-31T23:59:59Z', '2017-01-01T00:00:00Z', '2018-12-30T12:00:00Z', '2018-12-31T12:00:00Z', '2019-01-06T12:00:00Z']),
  ...at(['2020-02-29T04:30:00Z', '2020-12-27T08:00:00Z', '2020-12-31T08:00:00Z', '2021-01-01T08:00:00Z', '2021-01-03T08:00:00Z']),
  ...at(['2021-01-04T08:00:00Z', '2021-03-31T23:30:00Z', '2021-04-30T22:30:00Z', '2021-05-31T22:30:00Z', '2022-08-31T10:00:00Z']),
  // Once a month or so, with a gap, and once a week or so.
  ...series('2022-10-15T02:00:00Z', 9, 30 * day),
  ...series('2023-08-02T02:00:00Z', 14, 7 * day + 5 * hour),
  // Daily across both changes of the clocks of Berlin, late enough in the evening for UTC and Berlin to disagree about the day.
  ...series('2023-10-24T22:15:00Z', 9, day),
  ...series('2024-03-27T22:15:00Z', 7, day),
  // Twice a day, then every few hours, then within minutes and seconds of each other.
  ...series('2024-04-20T01:00:00Z', 16, 12 * hour),
  ...series('2024-05-01T00:30:00Z', 12, 3 * hour),
  ...series('2024-05-03T06:10:00Z', 10, 25 * 60_000),
  ...series('2024-05-03T12:00:00Z', 6, 7_000),
  ...at(['2024-05-30T23:59:59Z', '2024-05-31T00:00:01Z', '2024-05-31T12:00:00Z', '2024-05-31T12:00:01Z']),
]

/** About a hundred backups of our own making, newest first, some of them with tags. */
export const backups: readonly Dated[] = times
  .toSorted((one, other) => other - one)
  .map((time, index) => ({time, tags: [...(index % 7 === 3 ? ['release'] : []), ...(index % 11 === 3 ? ['eu'] : [])]}))

type Written = Partial<Record<keyof RetentionRules, number | string | readonly string[]>>

/** Policies as an operator writes them. */
const written: readonly Written[] = [
  {last: 1},
  {last: 10},
  {last: 60},
  {last: 500},
  {hourly: 1},
  {hourly: 20},
  {hourly: 200},
  {daily: 1},
  {daily: 3},
  {daily: 10},
  {daily: 30},
  {daily: 400},
  {weekly: 1},
  {weekly: 4},
  {weekly: 30},
  {weekly: 300},
  {monthly: 1},
  {monthly: 6},
  {monthly: 24},
  {monthly: 120},
  {yearly: 1},
  {yearly: 3},
  {yearly: 10},
  {last: 3, daily: 7},
  {daily: 7, weekly: 4},
  {daily: 7, weekly: 4, monthly: 12},
  {hourly: 24, daily: 7, weekly: 4, monthly: 12, yearly: 75},
  {last: 5, hourly: 5, daily: 5, weekly: 5, monthly: 5, yearly: 5},
  {tags: ['release']},
  {tags: ['eu']},
  {tags: ['release,eu']},
  {tags: ['release', 'eu']},
  {tags: ['nobody-has-it'], last: 2},
  {tags: ['release'], daily: 4},
  {within: '1d'},
  {within: '2d'},
  {within: '7d'},
  {within: '1m'},
  {within: '3m'},
  {within: '1m14d'},
  {within: '1y1m1d'},
  {within: '13d23h'},
  {within: '2m2h'},
  {within: '1y2m3d3h'},
  {within: '20y'},
  {withinHourly: '2d'},
  {withinHourly: '1y'},
  {withinDaily: '7d'},
  {withinDaily: '6m'},
  {withinWeekly: '3m'},
  {withinWeekly: '1y1m'},
  {withinMonthly: '1y'},
  {withinMonthly: '9y'},
  {withinYearly: '9y'},
  {withinHourly: '1d', withinDaily: '7d', withinWeekly: '1m', withinMonthly: '1y', withinYearly: '9y'},
  {within: '3d', daily: 10, withinMonthly: '2y', tags: ['eu']},
  {last: 2, within: '1d', withinWeekly: '2m', yearly: 2},
]

/** The policies as rules, each with the flags that tell restic the same. */
export const policies: readonly {rules: RetentionRules; flags: readonly string[]}[] = written.map((policy) => ({
  rules: {...noRules, ...Object.fromEntries(Object.entries(policy).map(([rule, value]) => [rule, toRule(value)]))},
  flags: Object.entries(policy).flatMap(([rule, value]) => flagsOf(rule, value)),
}))

function toRule(value: Written[keyof Written]): unknown {
  if (typeof value === 'string') return parsePeriod(value)
  return Array.isArray(value) ? value.map((entry: string) => entry.split(',')) : value
}

function flagsOf(rule: string, value: Written[keyof Written]): string[] {
  if (Array.isArray(value)) return value.map((tags: string) => `--keep-tag=${tags}`)
  const name = rule.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)
  return [`--keep-${name}=${String(value)}`]
}

/** Zones whose days the policies are tried with; no backup lies in an hour that is there twice. */
export const zones = ['UTC', 'Europe/Berlin'] as const
