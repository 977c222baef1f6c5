import * as nodeModule from 'node:module'
import {setTimeout as delay} from 'node:timers/promises'

/**
 * Ends the process as soon as its output is through. Left to itself, Node first takes its memory apart, and a signal in that
 * time would call a run failed that is done.
 */
export async function end() {
  const held = () => [process.stdout, process.stderr].some((stream) => stream.writableLength > 0 && !stream.destroyed)
  while (held()) await delay(1)
  nodeModule.flushCompileCache?.()
  process.exit()
}
