import type {Calendar} from './calendar.ts'

export const logFrequencies = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type LogFrequency = (typeof logFrequencies)[number]

/** How the logs of one pattern are rotated; every word means what it means to logrotate. */
export interface LogRule {
  pattern: string
  frequency: LogFrequency
  /** 0 (Sunday) to 6, or 7 for every seven days; for `weekly`. */
  weekday: number
  /** Bytes from which a log is rotated, whatever its age; then the frequency says nothing. */
  size: number | null
  /** Bytes below which a log is not rotated, even when it is time. */
  minSize: number | null
  /** Bytes above which a log is rotated before it is time. */
  maxSize: number | null
  /** How many rotated logs stay; 0 keeps none, -1 all. */
  rotate: number
  /** Days after which a rotated log is removed. */
  maxAge: number | null
  compress: boolean
  delayCompress: boolean
  dateExtension: boolean
  dateFormat: string
  missingOk: boolean
  notIfEmpty: boolean
  /** Mode of the log made anew, `same` as the old one's, or null: none is made. */
  create: number | 'same' | null
  copyTruncate: boolean
  /** What makes the writer open its log anew. */
  signal: LogSignal | null
}

/** Goes to the containers of a service, or to the process whose number is in a file. */
export interface LogSignal {
  name: string
  service: string | null
  pidFile: string | null
}

/** A log as it lies there. */
export interface LogFacts {
  path: string
  bytes: number
  /** When it was rotated last, or first seen; null when it was never seen. */
  lastAt: number | null
  /** Names in the same folder that begin with its own. */
  siblings: readonly RotatedLog[]
}

export interface RotatedLog {
  name: string
  modifiedAt: number
}

export type LogVerdict = {due: boolean; reason: string}

/** A log that is said to be rotated further ahead than a night of clock changes explains has a wrong date. */
const futureMilliseconds = 25 * 3_600_000

/** Returns whether a log is to be rotated, and why or why not. Times are milliseconds since 1970. */
export function judgeLog({bytes, lastAt}: Pick<LogFacts, 'bytes' | 'lastAt'>, rule: LogRule, now: number, calendar: Calendar): LogVerdict {
  const verdict = judgeBySize(bytes, rule) ?? judgeByTime(bytes, rule, {last: lastAt ?? now, isNew: lastAt === null, now, calendar})
  return verdict.due && rule.notIfEmpty && bytes === 0 ? {due: false, reason: 'it is empty'} : verdict
}

function judgeBySize(bytes: number, {size, maxSize}: LogRule): LogVerdict | null {
  if (maxSize !== null && bytes > maxSize) return {due: true, reason: 'it is larger than maxsize'}
  if (size === null) return null
  return bytes >= size ? {due: true, reason: 'it has reached size'} : {due: false, reason: 'it has not reached size'}
}

function judgeByTime(bytes: number, rule: LogRule, at: {last: number; isNew: boolean; now: number; calendar: Calendar}): LogVerdict {
  if (at.isNew) return {due: false, reason: 'it is seen for the first time'}
  if (at.last - at.now > futureMilliseconds) return {due: true, reason: 'its last rotation is noted in the future'}
  const {frequency, minSize} = rule
  if (!isTime(rule, at)) return {due: false, reason: `it was rotated in this ${nouns[frequency]}`}
  if (minSize !== null && bytes < minSize) return {due: false, reason: 'it is smaller than minsize'}
  return {due: true, reason: `a new ${nouns[frequency]} has begun`}
}

const nouns: Record<LogFrequency, string> = {hourly: 'hour', daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year'}

function isTime({frequency, weekday}: LogRule, {last, now, calendar}: {last: number; now: number; calendar: Calendar}): boolean {
  if (frequency === 'hourly') return calendar.hour(last) !== calendar.hour(now)
  if (frequency === 'daily') return calendar.day(last) !== calendar.day(now)
  if (frequency === 'monthly') return calendar.month(last) !== calendar.month(now)
  if (frequency === 'yearly') return calendar.year(last) !== calendar.year(now)
  const today = calendar.day(now)
  const days = today - calendar.day(last)
  return days >= 7 || (days >= 1 && weekdayOf(today) === weekday)
}

/** The first day of 1970 was a Thursday. */
function weekdayOf(day: number): number {
  return (day + 4) % 7
}
