import type {JobName, JobRecord} from '../domain/job.ts'
import {judgeDue, type JobSchedule} from '../domain/schedule.ts'
import type {TimerSystem} from '../domain/timer-files.ts'
import type {Ports} from '../ports.ts'
import {installedSystem} from './cron-install.ts'

export interface ListedJob {
  job: JobName
  schedule: string
  timeZone: string
  jitterSeconds: number
  last: JobRecord['last']
  skips: number
  /** ISO 8601; null for one that never runs. */
  next: string | null
  due: boolean
  reason: string
}

export interface CronList {
  jobs: readonly ListedJob[]
  /** What calls sparkone for this project; null when nothing is installed. */
  installed: TimerSystem | null
  /** When it was last looked whether anything is due. */
  lookedAt: string | null
}

/** Returns the jobs that have a schedule, when they ran and when they will. */
export async function listJobs(schedules: readonly JobSchedule[], ports: Ports): Promise<CronList> {
  const memory = await ports.jobs()
  const now = ports.clock.now().getTime()
  const jobs = await Promise.all(schedules.map(async (schedule) => listed(schedule, await memory.read(schedule.job), now)))
  const lookedAt = (await memory.lookedAt())?.toISOString() ?? null
  return {jobs, installed: await installedSystem(ports.settings, ports), lookedAt}
}

function listed(schedule: JobSchedule, record: JobRecord, now: number): ListedJob {
  const {isDue, reason, next} = judgeDue(schedule, record, now)
  return {
    job: schedule.job,
    schedule: schedule.text,
    timeZone: schedule.timeZone,
    jitterSeconds: schedule.jitterMilliseconds / 1000,
    last: record.last,
    skips: record.skips,
    next: next === null ? null : new Date(next).toISOString(),
    due: isDue,
    reason,
  }
}
