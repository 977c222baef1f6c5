import {jobs, type JobName} from '../domain/job.ts'
import {judgeDue, type JobSchedule} from '../domain/schedule.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

export interface CronLook {
  /** Another look is going on, and will see what is due. */
  busy: boolean
  ran: readonly {job: JobName; exitCode: number}[]
  /** What was not due, and why. */
  idle: readonly {job: JobName; reason: string}[]
}

/** Runs every job that is due, one after the other, each as a process of its own with lock, journal and exit code of its own. */
export async function runDue(schedules: readonly JobSchedule[], ports: Ports): Promise<CronLook> {
  const {project, environment} = ports.settings
  const locks = await ports.locks()
  try {
    await using _lock = await locks.acquire(`${project}-${environment}-cron`, {command: 'cron run', run: ports.random.shortId()}, 0)
    return await runAlone(schedules, ports)
  } catch (error) {
    // Called every few minutes, it meets itself whenever a job takes longer.
    if (error instanceof OperatorError && error.kind === 'locked') return {busy: true, ran: [], idle: []}
    throw error
  }
}

async function runAlone(schedules: readonly JobSchedule[], ports: Ports): Promise<CronLook> {
  const memory = await ports.jobs()
  await memory.saveLook(ports.clock.now())
  const ran: {job: JobName; exitCode: number}[] = []
  const idle: {job: JobName; reason: string}[] = []
  for (const schedule of schedules) {
    const {job} = schedule
    ports.signal.throwIfAborted()
    // Asked anew for each, since the one before may have taken hours.
    const due = judgeDue(schedule, await memory.read(job), ports.clock.now().getTime())
    if (due.isDue) ran.push({job, exitCode: await ports.sparkone([...jobs[job].words, '--cron'])})
    else idle.push({job, reason: due.reason})
  }
  return {busy: false, ran, idle}
}
