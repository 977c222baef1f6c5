import {exitCodes, OperatorError} from './lib/errors.ts'

export interface Interruption {
  abort: AbortController
  /** Milliseconds after which the run is ended, or null. */
  limit: number | null
  /** Tells the operator at once that the signal was heard. */
  announce: (line: string) => void
}

/** A wrapper and its process group may each pass on the same signal; two within this time are one. */
const sameSignalMilliseconds = 200

const signals = {
  SIGINT: {kind: 'interrupted', words: 'Interrupted'},
  SIGTERM: {kind: 'terminated', words: 'Terminated'},
  SIGHUP: {kind: 'terminated', words: 'Hung up'},
} as const

/** Aborts the run on the first signal, or when its time is up, and ends the process on the second. Returns what stops listening. */
export function listenForInterruption({abort, limit, announce}: Interruption): () => void {
  let first: number | undefined
  const listeners = Object.entries(signals).map(([name, {kind, words}]) => {
    const listener = () => {
      if (first !== undefined && performance.now() - first < sameSignalMilliseconds) return
      if (first !== undefined) process.exit(exitCodes[kind])
      first = performance.now()
      announce(`${words}: cleaning up; once more to stop at once.`)
      abort.abort(new OperatorError(kind, `${words}.`))
    }
    process.off(name, endAsDone)
    process.on(name, listener)
    return {name, listener}
  })
  const timer = limit === null ? undefined : setTimeout(() => abort.abort(timeoutError(limit)), limit)
  return () => {
    clearTimeout(timer)
    for (const {name, listener} of listeners) {
      process.off(name, listener)
      if (process.listenerCount(name) === 0) process.on(name, endAsDone)
    }
  }
}

/** The run is over and its answer given, so a signal that comes now changes nothing of how it ended. */
function endAsDone(): void {
  process.exit()
}

function timeoutError(milliseconds: number): OperatorError {
  return new OperatorError('timeout', `Timed out after ${milliseconds / 1000} s.`, {hint: 'Raise --timeout.'})
}
