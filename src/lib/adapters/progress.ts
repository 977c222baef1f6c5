import {DefaultRenderer, Listr, ListrLogger, PRESET_TIMER, ProcessOutput} from 'listr2'
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
  return {step: (title, work) => (options.live ? showLive(options, title, work) : showLines(options, title, work))}
}

type Work<T> = (report: (detail: string) => void) => Promise<T>

/** Whether somebody watches was decided before, by standard error; listr2 would look at standard output. */
class WatchedRenderer extends DefaultRenderer {
  static override nonTTY = true
}

async function showLive<T>({stderr}: ProgressOptions, title: string, work: Work<T>): Promise<T> {
  let result: {value: T} | undefined
  const logger = new ListrLogger({processOutput: new ProcessOutput(stderr, stderr)})
  const task = async (_context: unknown, shown: {output: string}) => {
    result = {value: await work((detail) => (shown.output = detail))}
  }
  const tasks = [{title, task, rendererOptions: {persistentOutput: false, timer: PRESET_TIMER}}]
  await new Listr(tasks, {
    renderer: WatchedRenderer,
    registerSignalListeners: false,
    rendererOptions: {logger, collapseErrors: false, showErrorMessage: false},
  }).run()
  if (!result) throw new Error(`Step ${title} ended without a result.`)
  return result.value
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
