import {fileURLToPath} from 'node:url'
import {end} from './end.js'
import {surviveClosedPipes} from './pipes.js'

/** Longer than this nobody waits for Tab, as when a folder lies on a server that does not answer. */
const patience = 5000

/** Whether a shell asks for names to complete, as the scripts of `sparkone completion` do: `sparkone completion names <kind>`. */
export function asksForNames() {
  return process.argv[2] === 'completion' && process.argv[3] === 'names'
}

/** Prints the names and ends with 0, whatever happens; without oclif, which would take most of the time, and without a cache, which would be written. */
export async function printNames(load) {
  surviveClosedPipes()
  setTimeout(() => process.exit(), patience).unref()
  const {knownNames} = await load()
  const root = fileURLToPath(new URL('..', import.meta.url))
  process.stdout.write(await knownNames(process.argv.slice(4), {root, cwd: process.cwd(), environment: process.env}))
  await end()
}
