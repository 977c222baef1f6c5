import {readdir, readlink, realpath} from 'node:fs/promises'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'

const pollMilliseconds = 20
/** PostgreSQL ends at once on SIGQUIT; whatever is left after this long does not listen. */
const patienceMilliseconds = 2000
const limitMilliseconds = 10_000

/** Ends every process that works in a private folder or below it, and returns when they are gone. Finds none off Linux. Throws `timeout`. */
export async function endProcessesIn(folder: string, clock: Clock): Promise<void> {
  const begin = clock.elapsed()
  const place = await realpath(folder)
  for (let pids = await processesIn(place); pids.length > 0; pids = await processesIn(place)) {
    const waited = clock.elapsed() - begin
    if (waited > limitMilliseconds) throw new OperatorError('timeout', `Processes in ${folder} do not end: ${pids.join(', ')}.`)
    for (const pid of pids) end(pid, waited > patienceMilliseconds ? 'SIGKILL' : 'SIGQUIT')
    await clock.sleep(pollMilliseconds)
  }
}

async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const working = await Promise.all(pids.map(async (pid) => ({pid, in: await readlink(`/proc/${pid}/cwd`).catch(() => '')})))
  return working.filter((each) => each.in === folder || each.in.startsWith(`${folder}/`)).map(({pid}) => Number(pid))
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}
