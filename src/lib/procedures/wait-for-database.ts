import {jobs, type JobName} from '../domain/job.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

const pauseMilliseconds = 1000

/** Waits until the database answers, at most so long, if the job needs one; then the job itself finds out what is wrong. Throws when interrupted. */
export async function waitForDatabase(job: JobName, limitMilliseconds: number, ports: Ports): Promise<void> {
  if (!jobs[job].needsDatabase) return
  const deadline = ports.clock.elapsed() + limitMilliseconds
  await ports.progress.step('Wait for the database', async () => {
    while (!(await isUp(ports)) && ports.clock.elapsed() < deadline) await ports.clock.sleep(pauseMilliseconds, ports.signal)
  })
}

async function isUp(ports: Ports): Promise<boolean> {
  try {
    await (await ports.runtime()).database.facts()
    return true
  } catch (error) {
    // After a reboot Docker, the container and the server come up one after the other; what else is wrong will not get better by waiting.
    return !(error instanceof OperatorError && ['unreachable', 'notFound'].includes(error.kind))
  }
}
