import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {buildStamp, fingerprint} from '../../scripts/fingerprint.mjs'

const root = path.resolve(import.meta.dirname, '../..')

/** The build where it is one of these very sources, for it starts several times as fast; the sources themselves otherwise. */
const program = path.join(root, isBuilt() ? 'bin/run.js' : 'bin/dev.js')

/** What Node made of the modules at their first start; in the folder of a test it would be made anew for each of them. */
export const compiled = path.join(root, 'node_modules/.cache/sparkone-tests')

export interface Run {
  code: number | null
  stdout: string
  stderr: string
  milliseconds: number
}

export interface RunOptions {
  cwd: string
  environment?: Readonly<Record<string, string>>
  /** Called with all of stdout so far, each time there is more. */
  onOutput?: (stdout: string, child: ChildProcess) => void
}

/** Runs sparkone as it is typed, with nothing of this machine's environment that it reads, and returns how it ended. */
export function sparkone(words: readonly string[], {cwd, environment = {}, onOutput}: RunOptions): Promise<Run> {
  const {PATH} = process.env
  const started = performance.now()
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    env: {PATH, HOME: cwd, NO_COLOR: '1', NODE_COMPILE_CACHE: compiled, ...environment},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const run = {code: null, stdout: '', stderr: ''}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text
    onOutput?.(run.stdout, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({...run, code, milliseconds: performance.now() - started})))
}

function isBuilt(): boolean {
  const stamp = path.join(root, buildStamp)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root)
}
