import {spawn} from 'node:child_process'
import {open} from 'node:fs/promises'
import {createServer} from 'node:net'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'

export interface BackgroundProcess {
  argv: readonly string[]
  /** File that takes what the process writes. */
  log: string
  folder: string
  environment?: Readonly<Record<string, string>>
  identity?: {uid: number; gid: number} | null
}

const pollMilliseconds = 30
const stopLimitMilliseconds = 10_000

/** Starts a process that outlives this one and returns its id. Throws `failed` when it cannot be started. */
export async function startInBackground({argv, log, folder, environment, identity}: BackgroundProcess): Promise<number> {
  await using file = await open(log, 'a')
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
    env: {...process.env, ...environment},
    ...identity,
  })
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  child.once('spawn', resolve)
  child.once('error', reject)
  await promise.catch((cause: Error) => {
    throw new OperatorError('failed', `${command} could not be started: ${cause.message}`, {cause})
  })
  child.unref()
  return child.pid ?? 0
}

/** Ends a process by its id and waits until it is gone. */
export async function endInBackground(pid: number, signal: NodeJS.Signals, clock: Clock): Promise<void> {
  const deadline = clock.elapsed() + stopLimitMilliseconds
  for (let next: NodeJS.Signals | 0 = signal; send(pid, next); next = 0) {
    if (clock.elapsed() > deadline) send(pid, 'SIGKILL')
    await clock.sleep(pollMilliseconds)
  }
}

/** Calls `check` until it returns true. Throws `timeout`. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  limitMilliseconds: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.elapsed() + limitMilliseconds
  while (!(await check())) {
    if (clock.elapsed() > deadline) throw new OperatorError('timeout', `${what} did not get ready within ${limitMilliseconds / 1000} s.`)
    await clock.sleep(pollMilliseconds, signal)
  }
}

/** Returns a port of the loopback interface that nothing listens on. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  const {promise, resolve} = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    return (error as {code?: string}).code === 'EPERM'
  }
}
