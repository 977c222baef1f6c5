import type {Finding} from '../../domain/finding.ts'
import type {HealthInput, Observed} from '../../domain/health.ts'
import type {JobName, JobRecord} from '../../domain/job.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {judgeDue, type JobSchedule} from '../../domain/schedule.ts'
import type {TimerSystem} from '../../domain/timer-files.ts'
import type {Ports} from '../../ports.ts'
import {installedSystem} from '../cron-install.ts'
import {observe} from './observe.ts'

export interface ScheduleFacts {
  records: ReadonlyMap<JobName, JobRecord>
  installed: TimerSystem | null
  lookedAt: Date | null
}

/** Called every five minutes, a scheduler that has not looked for so long is not called, or hangs. */
const lookLimitMilliseconds = 30 * 60_000

/** Reads what is remembered of the jobs, and what calls them; null where nothing runs by schedule. */
export async function gatherSchedule({schedules, timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<ScheduleFacts> | null> {
  if (schedules.length === 0) return null
  return observe(ports, timeoutMilliseconds, async () => {
    const memory = await ports.jobs()
    const records = await Promise.all(schedules.map(async ({job}): Promise<[JobName, JobRecord]> => [job, await memory.read(job)]))
    return {records: new Map(records), installed: await installedSystem(ports.settings, ports), lookedAt: await memory.lookedAt()}
  })
}

/** Returns a finding about what calls the jobs, and one for each job: whether it ran when it should. */
export function judgeSchedule(observed: Observed<ScheduleFacts> | null, now: Date, {schedules}: HealthInput): Finding[] {
  if (observed === null) return []
  if (!observed.seen) return [{subject: 'cron', status: 'unknown', message: `not known: ${observed.message}`, hint: 'sparkone cron list'}]
  const {records, installed, lookedAt} = observed.value
  return [judgeCaller(installed, lookedAt, now), ...schedules.map((schedule) => judgeJob(schedule, records.get(schedule.job)!, now))]
}

/** Returns the finding about what calls the jobs, which is judged by whether it looks. */
export function judgeCaller(installed: TimerSystem | null, lookedAt: Date | null, now: Date): Finding {
  const subject = 'cron'
  const silence = lookedAt === null ? null : now.getTime() - lookedAt.getTime()
  // Whatever calls it, a container or a crontab of one's own: that it looks is what counts.
  if (silence !== null && silence <= lookLimitMilliseconds) {
    return {subject, status: 'ok', message: `it was looked what is due ${formatDuration(Math.max(silence, 0))} ago`}
  }
  const since = silence === null ? 'it was never looked what is due' : `it was last looked what is due ${formatDuration(silence)} ago`
  if (installed === null) {
    return {
      subject,
      status: 'warning',
      message: `a schedule is configured and no timer is installed; ${since}`,
      hint: 'sparkone cron install',
    }
  }
  const hint = installed === 'systemd' ? "systemctl list-timers 'sparkone-*'" : 'systemctl status cron'
  return {subject, status: 'warning', message: `${installed} should call sparkone every five minutes, but ${since}`, hint}
}

function judgeJob(schedule: JobSchedule, record: JobRecord, now: Date): Finding {
  const {job, lateMilliseconds} = schedule
  const subject = `cron ${job}`
  const {since, next} = judgeDue(schedule, record, now.getTime())
  if (since === null) {
    return {
      subject,
      status: 'ok',
      message: `last began ${record.settledAt ?? 'never'}, next ${next === null ? 'never' : new Date(next).toISOString()}`,
    }
  }
  const late = now.getTime() - since
  const ending = record.last === null ? 'it never ran' : `its last run ended with ${record.last.exitCode}`
  const message = `due for ${formatDuration(Math.max(late, 0))}; ${ending}`
  if (late <= lateMilliseconds) return {subject, status: record.last?.exitCode ? 'warning' : 'ok', message, hint: 'sparkone cron list'}
  return {subject, status: 'critical', message: `late: ${message}`, hint: 'sparkone cron run'}
}
