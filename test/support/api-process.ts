import {spawn, type ChildProcess} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {setTimeout as delay} from 'node:timers/promises'

const source = fileURLToPath(new URL('../../ops/api/server.ts', import.meta.url))

export interface ApiRun {
  exitCode: number | null
  log: string
}

/** An API that runs as its own process; dispose of it to end it. */
export interface ApiProcess extends AsyncDisposable {
  url: string
  child: ChildProcess
  log(): string
  /** Resolves when the process has ended. */
  ended: Promise<ApiRun>
}

export interface ApiOptions {
  program?: string
  folder?: string
  /** What it reads from its standard input. */
  input?: string
}

/** Runs `migrate` or `seed` to its end. */
export async function runApi(words: string[], environment: Record<string, string>, options: ApiOptions = {}): Promise<ApiRun> {
  return launch(words, environment, options).ended
}

/** Starts the API on a free port and waits until it listens. */
export async function startApi(environment: Record<string, string>, options: ApiOptions = {}): Promise<ApiProcess> {
  const {child, ended, log} = launch(['serve'], {PORT: '0', DRAIN_DELAY_MILLISECONDS: '200', ...environment}, options)
  const port = await waitUntil('the API to listen', () => /"port":(\d+),"message":"listening"/.exec(log())?.[1])
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {url: `http://127.0.0.1:${port}`, child, log, ended, [Symbol.asyncDispose]: stop}
}

/** Returns what `look` finds once that is something, trying for `seconds`, which end what hangs on however busy a machine. */
export async function waitUntil<T>(what: string, look: () => T | Promise<T>, seconds = 60): Promise<NonNullable<T>> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`Waited ${seconds} s for ${what} in vain.`)
    await delay(50)
  }
}

function launch(words: string[], environment: Record<string, string>, {program = source, folder, input}: ApiOptions) {
  const child = spawn(process.execPath, [program, ...words], {
    ...(folder !== undefined && {cwd: folder}),
    // Nothing of this process's own environment, so that a test shows everything that the API needs.
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // One that does not read has ended before, or does not care.
  child.stdin.on('error', () => undefined).end(input)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
  const ended = new Promise<ApiRun>((resolve) => child.once('close', (exitCode) => resolve({exitCode, log: text})))
  return {child, ended, log: () => text}
}
