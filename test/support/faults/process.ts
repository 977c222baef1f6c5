import {spawn, type ChildProcess} from 'node:child_process'
import path from 'node:path'
import {compiled} from '../sparkone.ts'

const root = path.resolve(import.meta.dirname, '../../..')

export interface Run {
  /** As a shell says it: 128 and the number of the signal, where one ended the process. */
  code: number
  stdout: string
  stderr: string
}

/** A run of the built sparkone that is under way. */
export interface RunningSparkone {
  child: ChildProcess
  /** Everything it printed so far, both streams. */
  output(): string
  /** Resolves once it has ended; an output that looks like a stack trace is an error, whatever the test is about. */
  ended: Promise<Run>
  /** Resolves when the pattern stands in the output; throws when the run ends without it. */
  prints(pattern: RegExp): Promise<void>
}

export interface StartOptions {
  cwd: string
  environment: Readonly<Record<string, string>>
  identity?: Identity
}

/** User and group to run as, and where they can reach this checkout, which may lie in a folder that is closed to them. */
export interface Identity {
  uid: number
  gid: number
  checkout?: string
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15}

/** Starts the built sparkone as an operator would, with nothing of this process's environment but PATH. */
export function startSparkone(words: readonly string[], {cwd, environment, identity}: StartOptions): RunningSparkone {
  const {checkout = root, ...user} = identity ?? {}
  const child = spawn(path.join(checkout, 'node_modules/.bin/node'), [path.join(checkout, 'bin/run.js'), ...words], {
    cwd,
    env: {PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1', NODE_COMPILE_CACHE: compiled, ...environment},
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  const text = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk))
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (/^\s+at .+:\d+/m.test(text.stdout + text.stderr)) reject(new Error(`A stack trace was printed:\n${text.stdout}${text.stderr}`))
      resolve({...text, code: code ?? 128 + (signalNumbers[signal!] ?? 0)})
    })
  })
  const output = () => text.stdout + text.stderr
  return {child, output, ended, prints: (pattern) => waitForOutput({child, output, ended}, pattern)}
}

async function waitForOutput({child, output, ended}: Omit<RunningSparkone, 'prints'>, pattern: RegExp): Promise<void> {
  const found = new Promise<void>((resolve) => {
    const look = () => pattern.test(output()) && resolve()
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', look)
    look()
  })
  const missed = ended.then(({code}) => {
    if (!pattern.test(output())) throw new Error(`sparkone ended with ${code} and never printed ${pattern}:\n${output()}`)
  })
  await Promise.race([found, missed])
}
