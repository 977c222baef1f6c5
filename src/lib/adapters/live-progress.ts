import {DefaultRenderer, Listr, ListrLogger, PRESET_TIMER, ProcessOutput} from 'listr2'

/** Whether somebody watches was decided before, by standard error; listr2 would look at standard output. */
class WatchedRenderer extends DefaultRenderer {
  static override nonTTY = true
}

/** Shows a step with its latest detail while it runs, for somebody who watches. Returns what `work` returns. */
export async function showLive<T>(
  stderr: NodeJS.WriteStream,
  title: string,
  work: (report: (detail: string) => void) => Promise<T>,
): Promise<T> {
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
