import {readFile} from 'node:fs/promises'

/** Returns when a process started, in clock ticks since boot (field 22 of /proc/PID/stat, see proc(5)), or an empty text off Linux. */
export async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Whether the very process that had this number and start runs on this machine; the start tells it from a later one with the same number. */
export async function isRunning(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as {code?: string}).code === 'EPERM'
  }
  const actual = await startOf(pid)
  return actual === '' || start === '' || actual === start
}
