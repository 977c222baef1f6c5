import {recordRun, recordSkip, type JobName, type JobRun} from '../domain/job.ts'
import {measureOtherProof, measureRun, type RunFigures} from '../domain/job-metrics.ts'
import {type JobSchedule, judgeDue} from '../domain/schedule.ts'
import {formatDuration} from '../domain/quantity.ts'
import {exitCodes, messageOf, OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {JobMemory} from '../ports/unattended.ts'
import {openHeartbeat, publishMetrics, type Receivers} from './notify.ts'
import {waitForDatabase} from './wait-for-database.ts'

/** What the configuration says of a job that runs unattended. Addresses are secrets: they appear in no message. */
export interface Attendance {
  job: JobName
  /** Null: it runs whenever it is called. */
  schedule: JobSchedule | null
  /** Zero: it does not wait. */
  waitMilliseconds: number
  minimumMilliseconds: number | null
  maximumMilliseconds: number | null
  /** Skips in a row from which it is told of. */
  skips: number
  receivers: Receivers
  /** What must never be told, wherever it comes from. */
  secrets: readonly string[]
}

/** How a run ended, without regard to who is told of it. */
export interface JobOutcome {
  exitCode: number
  /** Everything there is to say, for the log of a ping. */
  text: string
  figures: RunFigures
}

export interface Attended {
  /** UUID of the run. */
  run: string
  /** Null: it was not run. */
  outcome: JobOutcome | null
  /** Why it was not run, or what is unusual about it. */
  remarks: readonly string[]
  /** It is not worth a word: nothing was due, or it was skipped and will be tried again. */
  quiet: boolean
  /** What went wrong around it and does not change how it ended. */
  troubles: readonly string[]
}

/** Runs a job that nobody watches: only when due, one at a time, with pings around it, and remembers how it ended. `work` throws nothing. */
export async function attend(attendance: Attendance, ports: Ports, work: () => Promise<JobOutcome>): Promise<Attended> {
  const {job} = attendance
  const {project, environment} = ports.settings
  const run = ports.random.uuid()
  const locks = await ports.locks()
  try {
    // Taken before it is asked whether it is due, so that of two that are called at once the second sees what the first did.
    await using _lock = await locks.acquire(`${project}-${environment}-${job}`, {command: job, run: ports.random.shortId()}, 0)
    return await attendAlone(attendance, ports, run, work)
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'locked') return await skip(attendance, ports, run, error.message)
    throw error
  }
}

/** Remembers a run that somebody watched, and tells the metrics of it. Returns what went wrong with that. */
export async function remember(
  {job, receivers}: Pick<Attendance, 'job' | 'receivers'>,
  ports: Ports,
  outcome: JobOutcome,
  timing: {run: string; startedAt: Date},
): Promise<string[]> {
  const {exitCode, figures} = outcome
  try {
    const memory = await ports.jobs()
    const run = {run: timing.run, startedAt: timing.startedAt.toISOString(), endedAt: ports.clock.now().toISOString(), exitCode}
    const record = await memory.read(job)
    await memory.saveRun(job, recordRun(record, job, run, measureRun(job, run, record, figures)))
    if (job !== 'verify') await rememberProof(job, run, figures, memory)
  } catch (error) {
    return [`That it ran could not be remembered: ${messageOf(error)}`]
  }
  return publishMetrics(receivers, ports)
}

async function rememberProof(job: JobName, run: JobRun, figures: RunFigures, memory: JobMemory): Promise<void> {
  const verified = await memory.read('verify')
  const measured = measureOtherProof(job, run, verified, figures)
  if (Object.keys(measured).length > 0) await memory.saveRun('verify', {...verified, measured: {...verified.measured, ...measured}})
}

async function attendAlone(attendance: Attendance, ports: Ports, run: string, work: () => Promise<JobOutcome>): Promise<Attended> {
  const {job, schedule, receivers} = attendance
  const due = schedule && judgeDue(schedule, await (await ports.jobs()).read(job), ports.clock.now().getTime())
  if (due && !due.isDue) return {run, outcome: null, remarks: [`Not due: ${due.reason}.`], quiet: true, troubles: []}
  const startedAt = ports.clock.now()
  // The beginning is told of while the work goes on, so that a receiver that hangs delays nothing.
  const heartbeat = openHeartbeat(receivers, ports, run)
  if (schedule) await waitForDatabase(job, attendance.waitMilliseconds, ports)
  const began = ports.clock.elapsed()
  const outcome = await work()
  if (outcome.exitCode === exitCodes.locked) {
    return skip(attendance, ports, run, outcome.text, await heartbeat.abandon())
  }
  const remarks = unusual(attendance, outcome, ports.clock.elapsed() - began)
  const judged = {...outcome, exitCode: outcome.exitCode === 0 && remarks.length > 0 ? exitCodes.warning : outcome.exitCode}
  const troubles = await remember(attendance, ports, judged, {run, startedAt})
  troubles.push(...(await heartbeat.end(judged.exitCode, [...remarks, outcome.text].join('\n'), attendance.secrets)))
  return {run, outcome: judged, remarks, quiet: false, troubles}
}

async function skip(
  {job, skips: limit, receivers, secrets}: Attendance,
  ports: Ports,
  run: string,
  text: string,
  troubles: readonly string[] = [],
): Promise<Attended> {
  const memory = await ports.jobs()
  const record = recordSkip(await memory.read(job), ports.clock.now())
  await memory.saveSkips(job, record)
  const outcome = {exitCode: exitCodes.locked, text, figures: {}}
  if (record.skips < limit) return {run, outcome, remarks: [], quiet: true, troubles}
  const remark = `It was skipped ${record.skips} times in a row, because another run holds the lock.`
  const more = await openHeartbeat(receivers, ports, run, {begun: true}).end('fail', `${remark}\n${text}`, secrets)
  return {run, outcome, remarks: [remark], quiet: false, troubles: [...troubles, ...more]}
}

function unusual({minimumMilliseconds, maximumMilliseconds}: Attendance, {exitCode}: JobOutcome, took: number): string[] {
  if (exitCode > exitCodes.warning) return []
  if (minimumMilliseconds !== null && took < minimumMilliseconds) {
    return [`It took ${formatDuration(took)}, less than the ${formatDuration(minimumMilliseconds)} that its work takes at least.`]
  }
  if (maximumMilliseconds !== null && took > maximumMilliseconds) {
    return [`It took ${formatDuration(took)}, more than the ${formatDuration(maximumMilliseconds)} that it may take.`]
  }
  return []
}
