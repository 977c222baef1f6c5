import type {Calendar} from './calendar.ts'
import {type CronFields, lastOccurrence, nextOccurrence} from './cron-expression.ts'
import type {JobName, JobRecord} from './job.ts'

/** When one job runs. */
export interface JobSchedule {
  job: JobName
  /** As it is written, for people. */
  text: string
  fields: CronFields
  timeZone: string
  /** That of the time zone. */
  calendar: Calendar
  /** By how much its runs are moved, always the same for one job of one project. */
  jitterMilliseconds: number
  /** Pause before a run that failed, or found the lock held, is tried again. */
  retryMilliseconds: number
  /** How long after its time a job that did not run is late. */
  lateMilliseconds: number
}

export interface Due {
  isDue: boolean
  /** Why it is, or is not, for people. */
  reason: string
  /** When it runs next, if nothing comes in between (milliseconds); null for what never does. */
  next: number | null
  /** Time since which it is due and was not done; null when it was done. */
  since: number | null
}

/** Clocks of machines are set right by this much without anybody noticing; what lies further in the future was written by a wrong clock. */
const clockToleranceMilliseconds = 5 * 60_000

/**
 * Returns whether a job is to run now (milliseconds): the newest time it was due and has not run since. So a run that was missed is made up
 * once, however many were missed, and a job that never ran is due at once, since until then there is nothing.
 */
export function judgeDue(schedule: JobSchedule, record: JobRecord, now: number): Due {
  const occurrence = lastOccurrence(schedule.fields, schedule.calendar, now - schedule.jitterMilliseconds)
  if (occurrence === null) return {isDue: false, reason: 'it has not been its time yet', next: nextRun(schedule, now), since: null}
  const settled = past(record.settledAt, now)
  if (settled !== null && settled >= occurrence) {
    return {isDue: false, reason: `it ran at ${iso(settled)}`, next: nextRun(schedule, now), since: null}
  }
  const since = occurrence + schedule.jitterMilliseconds
  const attempted = latestAttempt(record, now)
  const again = attempted + schedule.retryMilliseconds
  if (attempted >= occurrence && now < again) {
    return {isDue: false, reason: `it did not end well at ${iso(attempted)} and is tried again at ${iso(again)}`, next: again, since}
  }
  return {isDue: true, reason: settled === null ? 'it has never been done' : `its time was ${iso(since)}`, next: now, since}
}

/** Returns a part of `limit` (milliseconds) that depends on the name alone, in whole seconds, so that machines with one schedule do not all begin at once. */
export function jitterOf(name: string, limit: number): number {
  // FNV-1a, 32 bit: http://www.isthe.com/chongo/tech/comp/fnv/
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return Math.floor(((hash / 2 ** 32) * limit) / 1000) * 1000
}

function nextRun({fields, calendar, jitterMilliseconds}: JobSchedule, now: number): number | null {
  const next = nextOccurrence(fields, calendar, now - jitterMilliseconds)
  return next === null ? null : next + jitterMilliseconds
}

/** A time that a wrong clock wrote counts as none, so that it cannot keep a job from running for years. */
function past(time: string | null, now: number): number | null {
  const milliseconds = time === null ? Number.NaN : Date.parse(time)
  return Number.isNaN(milliseconds) || milliseconds > now + clockToleranceMilliseconds ? null : milliseconds
}

function latestAttempt({last, skippedAt}: JobRecord, now: number): number {
  return Math.max(past(last?.endedAt ?? null, now) ?? -Infinity, past(skippedAt, now) ?? -Infinity)
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
