import {spawn} from 'node:child_process'

/** Runs sparkone itself as a process of its own, in the terminal or log of this one, and returns its exit code. An abort is passed on as SIGTERM. */
export async function runSparkone(words: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, [process.argv[1]!, ...words], {stdio: ['ignore', 'inherit', 'inherit']})
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop, {once: true})
  if (signal.aborted) stop()
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve(code ?? (killedBy === 'SIGKILL' ? killed : terminated)))
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** As shells count a process that a signal ended: 128 and its number. */
const killed = 137
const terminated = 143
