import type {Clock, Progress} from '../ports.ts'

const lineEveryMilliseconds = 10_000

export interface ProgressOptions {
  /** Somebody watches: a live display. Otherwise a line when a step begins and one each ten seconds. */
  live: boolean
  silent: boolean
  stderr: NodeJS.WriteStream
  clock: Clock
}

/** Shows steps on standard error. */
export function createProgress(options: ProgressOptions): Progress {
  if (options.silent) return {step: (_title, work) => work(() => undefined)}
  return {step: (title, work) => (options.live ? showWatched(options, title, work) : showLines(options, title, work))}
}

type Work<T> = (report: (detail: string) => void) => Promise<T>

/** Loaded where somebody watches, so that a backup in the night does without it. */
async function showWatched<T>({stderr}: ProgressOptions, title: string, work: Work<T>): Promise<T> {
  const {showLive} = await import('./live-progress.ts')
  return showLive(stderr, title, work)
}

async function showLines<T>({stderr, clock}: ProgressOptions, title: string, work: Work<T>): Promise<T> {
  stderr.write(`${title}\n`)
  let last = clock.elapsed()
  return work((detail) => {
    if (clock.elapsed() - last < lineEveryMilliseconds) return
    last = clock.elapsed()
    stderr.write(`${title}: ${detail}\n`)
  })
}
