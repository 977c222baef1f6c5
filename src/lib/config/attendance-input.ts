import {Calendar} from '../domain/calendar.ts'
import {jobNames, type JobName, jobs} from '../domain/job.ts'
import {jitterOf, type JobSchedule} from '../domain/schedule.ts'
import {parseCron} from './cron-text.ts'
import type {Config} from './schema.ts'
import {Secret} from './secret.ts'

/** Returns how a job is attended that runs unattended, as the configuration says. Addresses come revealed, since they are to be called. */
export function attendanceOf(config: Config, job: JobName) {
  const {schedule, notifications} = config
  const {minimumDuration, maximumDuration, skips} = notifications
  return {
    job,
    schedule: scheduleOf(config, job),
    waitMilliseconds: jobs[job].needsDatabase ? schedule.waitForDatabase : 0,
    minimumMilliseconds: minimumDuration[job] ?? null,
    maximumMilliseconds: maximumDuration[job] ?? null,
    skips,
    receivers: receiversOf(config, job),
    secrets: secretsIn(config),
  }
}

/** Returns the schedules of all jobs that have one, in the order in which they run. */
export function schedulesOf(config: Config): JobSchedule[] {
  return jobNames.map((job) => scheduleOf(config, job)).filter((schedule) => schedule !== null)
}

/** Returns where people are told of what happened. */
export function peopleOf({notifications: {slack, webhooks}}: Config) {
  return {slackUrl: slack?.reveal() ?? null, webhookUrls: webhooks.map(({url}) => url.reveal())}
}

function receiversOf(config: Config, job: JobName) {
  const {metrics, heartbeat} = config.notifications
  return {
    ...peopleOf(config),
    heartbeatUrl: heartbeat[job]?.reveal() ?? null,
    textfileFolder: metrics.textfile ?? null,
    pushgatewayUrl: metrics.pushgateway?.reveal() ?? null,
  }
}

function scheduleOf({project, environment, schedule}: Config, job: JobName): JobSchedule | null {
  const text = schedule[job]
  const fields = text === undefined ? null : parseCron(text)
  if (text === undefined || fields === null) return null
  return {
    job,
    text,
    fields,
    timeZone: schedule.timeZone,
    calendar: new Calendar(schedule.timeZone),
    jitterMilliseconds: jitterOf(`${project}-${environment}-${job}`, schedule.jitter ?? 0),
    retryMilliseconds: schedule.retry,
    lateMilliseconds: schedule.lateAfter,
  }
}

/** Returns every secret within a value, revealed. */
export function secretsIn(value: unknown): string[] {
  if (value instanceof Secret) return [value.reveal()]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : []
}
