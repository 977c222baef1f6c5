/** A span on the calendar: a month is as long as the month it falls on, a day may have 23 or 25 hours, an hour is always an hour. */
export interface Period {
  years: number
  months: number
  days: number
  hours: number
}

const hourMilliseconds = 3_600_000
const dayMilliseconds = 86_400_000
/** A date of JavaScript ends 100 million days from 1970; near that there are no clocks to ask. */
const endOfTime = 99_999_990 * dayMilliseconds

/** Returns the span that a text such as `90d`, `2w`, `1y6m` or `36h` names (m: months); null when it names none or no time at all. */
export function parsePeriod(text: string): Period | null {
  const match = /^(?:(\d{1,4})y)?(?:(\d{1,5})m)?(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?$/.exec(text.replaceAll(/\s/g, ''))
  if (!match) return null
  const [years, months, weeks, days, hours] = match.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return years + months + weeks + days + hours === 0 ? null : {years, months, days: days + 7 * weeks, hours}
}

/** Returns the span as `parsePeriod` reads it, for example `1y6m`. */
export function formatPeriod({years, months, days, hours}: Period): string {
  const parts: [number, string][] = [
    [years, 'y'],
    [months, 'm'],
    [days, 'd'],
    [hours, 'h'],
  ]
  return parts.flatMap(([amount, unit]) => (amount === 0 ? [] : `${amount}${unit}`)).join('')
}

/** Returns whether the name is one of a time zone, such as `UTC` or `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  // What is asked of each configuration; for other zones Node loads its calendars, which takes a tenth of a whole run.
  if (name === 'UTC') return true
  try {
    return wallClock(name) !== null
  } catch {
    // The only thing that a format of fixed form can be refused for is its zone.
    return false
  }
}

/** Hours, days, weeks, months and years as the clocks of one time zone show them. Times are milliseconds since 1970, in UTC. */
export class Calendar {
  readonly #format: Intl.DateTimeFormat | null
  /** By UTC day: the offset that holds all day, or null on a day on which the clocks are changed. */
  readonly #dayOffsets = new Map<number, number | null>()

  /** Throws for a name that is no time zone. */
  constructor(timeZone: string) {
    this.#format = timeZone === 'UTC' ? null : wallClock(timeZone)
  }

  /** Each of these numbers is the same for two times exactly when both lie in the same hour, day, …; the hour that is repeated when clocks go back is another hour. */
  hour(time: number): number {
    const offset = this.#offset(time)
    const minutesInTwoDays = 2880
    return Math.floor((time + offset) / hourMilliseconds) * minutesInTwoDays + minutesInTwoDays / 2 + offset / 60_000
  }

  day(time: number): number {
    return Math.floor(this.#local(time) / dayMilliseconds)
  }

  /** Weeks of ISO 8601: they begin on Monday, and one that crosses New Year is one week. */
  week(time: number): number {
    const daysFromMondayToEpoch = 3
    return Math.floor((this.day(time) + daysFromMondayToEpoch) / 7)
  }

  month(time: number): number {
    const local = new Date(this.#local(time))
    return local.getUTCFullYear() * 12 + local.getUTCMonth()
  }

  year(time: number): number {
    return new Date(this.#local(time)).getUTCFullYear()
  }

  /** Returns the time a span earlier, by the clock on the wall; -Infinity where that lies before all that can be told. */
  before(time: number, {years, months, days, hours}: Period): number {
    const wall = new Date(this.#local(time))
    wall.setUTCFullYear(wall.getUTCFullYear() - years, wall.getUTCMonth() - months, wall.getUTCDate() - days)
    const earlier = this.#instant(wall.getTime()) - hours * hourMilliseconds
    return Number.isNaN(earlier) ? -Infinity : earlier
  }

  /** Returns what the clocks show, as the time at which clocks of UTC would show it. */
  shownAt(time: number): number {
    return this.#local(time)
  }

  /** Returns each time at which the clocks show this: none in the hour that is left out, two in the one that is repeated. */
  timesOf(shown: number): number[] {
    const offsets = [this.#offset(shown - dayMilliseconds), this.#offset(shown + dayMilliseconds)]
    return [...new Set(offsets)].map((offset) => shown - offset).filter((time) => this.#local(time) === shown)
  }

  /** Returns the one time that stands for what the clocks show: the first of two; in the hour that is left out, as long after the change. */
  timeOf(shown: number): number {
    return this.#instant(shown)
  }

  #local(time: number): number {
    return time + this.#offset(time)
  }

  /** Of a time that the clocks show twice the first; of one that they never show the time as long after the change as it claims to be. */
  #instant(local: number): number {
    const [before, after] = [this.#offset(local - dayMilliseconds), this.#offset(local + dayMilliseconds)]
    const possible = [before, after].map((offset) => local - offset).filter((time) => this.#local(time) === local)
    return possible.length === 0 ? local - before : Math.min(...possible)
  }

  #offset(time: number): number {
    if (this.#format === null || !(Math.abs(time) < endOfTime)) return 0
    const day = Math.floor(time / dayMilliseconds)
    let offset = this.#dayOffsets.get(day)
    if (offset === undefined) this.#dayOffsets.set(day, (offset = this.#offsetOfDay(day)))
    return offset ?? readOffset(this.#format, time)
  }

  // No zone has ever changed its clocks twice within a day, so equal ends mean one offset all day.
  #offsetOfDay(day: number): number | null {
    const [start, end] = [day, day + 1].map((each) => readOffset(this.#format!, each * dayMilliseconds))
    return start === end ? start! : null
  }
}

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const fields = {year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric'} as const
  return new Intl.DateTimeFormat('en-US', {timeZone, calendar: 'iso8601', hourCycle: 'h23', era: 'short', ...fields})
}

/** Returns by how many milliseconds the clocks are ahead of UTC. */
function readOffset(format: Intl.DateTimeFormat, time: number): number {
  const parts = Object.fromEntries(format.formatToParts(time).map(({type, value}) => [type, Number(value)]))
  const {year, month, day, hour, minute, second} = parts as Record<string, number>
  const shown = new Date(0)
  shown.setUTCFullYear(year!, month! - 1, day!)
  shown.setUTCHours(hour!, minute!, second!)
  return shown.getTime() - Math.floor(time / 1000) * 1000
}
