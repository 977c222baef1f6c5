import {Calendar} from './calendar.ts'

/** What a cron expression of five fields allows. */
export interface CronFields {
  minutes: readonly number[]
  hours: readonly number[]
  /** Hours are not restricted, so the expression counts in real time: an hour that is repeated runs twice. */
  everyHour: boolean
  daysOfMonth: readonly number[]
  months: readonly number[]
  /** 0 is Sunday. */
  daysOfWeek: readonly number[]
  /** Both kinds of days are restricted, so a day counts when it fits either, as cron has it. */
  eitherDay: boolean
}

const dayMilliseconds = 86_400_000
const minuteMilliseconds = 60_000

/** A 29th of February may be eight years away, around the turn of a century. */
const searchedDays = 8 * 366 + 1

/** Returns the newest time at or before `now` (milliseconds) at which the expression fires; null when there is none within eight years. */
export function lastOccurrence(fields: CronFields, calendar: Calendar, now: number): number | null {
  return find(fields, calendar, now, -1, (times) => times.findLast((time) => time <= now))
}

/** Returns the first time after `now` (milliseconds) at which the expression fires; null when there is none within eight years. */
export function nextOccurrence(fields: CronFields, calendar: Calendar, now: number): number | null {
  return find(fields, calendar, now, 1, (times) => times.find((time) => time > now))
}

function find(
  fields: CronFields,
  calendar: Calendar,
  now: number,
  direction: 1 | -1,
  pick: (times: readonly number[]) => number | undefined,
): number | null {
  const today = Math.floor(calendar.shownAt(now) / dayMilliseconds)
  // What was due in the hour that clocks leave out may fall on the next day, so the search begins a day on the other side.
  for (let step = -1; step <= searchedDays; step += 1) {
    const found = pick(timesOn(today + direction * step, fields, calendar))
    if (found !== undefined) return found
  }
  return null
}

/** Returns the times of one day, in order: an hour on the clock fires once however often it is shown. */
function timesOn(day: number, fields: CronFields, calendar: Calendar): number[] {
  if (!isAllowed(day, fields)) return []
  const shown = fields.hours.flatMap((hour) =>
    fields.minutes.map((minute) => day * dayMilliseconds + (hour * 60 + minute) * minuteMilliseconds),
  )
  const times = shown.flatMap((each) => (fields.everyHour ? calendar.timesOf(each) : [calendar.timeOf(each)]))
  return [...new Set(times)].toSorted((a, b) => a - b)
}

function isAllowed(day: number, {daysOfMonth, months, daysOfWeek, eitherDay}: CronFields): boolean {
  const date = new Date(day * dayMilliseconds)
  if (!months.includes(date.getUTCMonth() + 1)) return false
  const [byMonth, byWeek] = [daysOfMonth.includes(date.getUTCDate()), daysOfWeek.includes(date.getUTCDay())]
  return eitherDay ? byMonth || byWeek : byMonth && byWeek
}
