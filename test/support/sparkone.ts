import {spawn, type ChildProcess} from 'node:child_process'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

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

/** Runs sparkone from its sources as it is typed, with nothing of this machine's environment that it reads, and returns how it ended. */
export function sparkone(words: readonly string[], {cwd, environment = {}, onOutput}: RunOptions): Promise<Run> {
  const {PATH} = process.env
  const started = performance.now()
  const child = spawn(process.execPath, [path.join(root, 'bin/dev.js'), ...words], {
    cwd,
    env: {PATH, HOME: cwd, NO_COLOR: '1', ...environment},
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
