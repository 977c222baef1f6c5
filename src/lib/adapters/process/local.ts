import {setPriority} from 'node:os'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {execa} from 'execa'
import {abortError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {ioniceWords, ProgramFailure, type ExecuteOptions, type Executor, type RunningProgram} from './executor.ts'

const stderrKept = 64 * 1024
const forceKillMilliseconds = 2000

export interface LocalOptions {
  description?: string
  /** Variables for every program, on top of this process's own. */
  environment?: Readonly<Record<string, string>>
  /** User and group to run as; only root may set them. */
  identity?: {uid: number; gid: number}
  workingFolder?: string
}

/** Runs programs on this machine. */
export class LocalExecutor implements Executor {
  readonly description: string
  readonly #options: LocalOptions

  constructor(options: LocalOptions = {}) {
    this.#options = options
    this.description = options.description ?? 'this machine'
  }

  async run(argv: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    return (await this.capture(argv, options)).stdout
  }

  /** Returns standard output and the end of standard error of a program that writes to both. */
  async capture(argv: readonly string[], options: ExecuteOptions = {}): Promise<{stdout: string; stderr: string}> {
    const program = this.start(argv, options)
    const chunks: Uint8Array[] = []
    for await (const chunk of program.stdout) chunks.push(chunk)
    await program.done
    return {stdout: Buffer.concat(chunks).toString('utf8'), stderr: await program.stderr}
  }

  start([file = '', ...args]: readonly string[], options: ExecuteOptions = {}): RunningProgram {
    const {input, signal} = options
    if (signal?.aborted) throw abortError(signal)
    const subprocess = execa(file, args, this.#execaOptions(options))
    stepBack(subprocess.pid, options)
    const stderr = keepTail(subprocess.stderr)
    const kill = () => {
      // Some programs that wait for input end only where their input does.
      subprocess.stdin.destroy()
      subprocess.kill()
    }
    signal?.addEventListener('abort', kill, {once: true})
    const fed = typeof input === 'object' ? feed(input, subprocess.stdin, kill) : end(subprocess.stdin, input, options.interactive)
    const done = Promise.all([subprocess, fed]).then(async ([result, inputError]) => {
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) throw abortError(signal)
      if (inputError) throw inputError
      if (result.failed) throw new ProgramFailure(nameOf(file), {...result, missing: result.code === 'ENOENT', stderr: await stderr})
    })
    // Whoever awaits `done` learns of a failure; who only reads stdout must not crash the process by it.
    done.catch(() => undefined)
    const stop = async () => {
      kill()
      await subprocess
    }
    return {stdout: subprocess.stdout as AsyncIterable<Uint8Array>, stderr, done, write: (text) => void subprocess.stdin.write(text), stop}
  }

  #execaOptions({environment}: ExecuteOptions) {
    const {identity, workingFolder, environment: common} = this.#options
    return {
      env: {...common, ...environment},
      stdin: 'pipe',
      // psql takes this as the order to cancel what the server is doing for it; pg_dump, postgres and docker just end.
      killSignal: 'SIGINT',
      // A group of its own, so that Ctrl-C at the terminal reaches sparkone alone, which then ends its children in order.
      detached: true,
      buffer: false,
      encoding: 'buffer',
      reject: false,
      forceKillAfterDelay: forceKillMilliseconds,
      ...identity,
      ...(workingFolder ? {cwd: workingFolder} : {}),
    } as const
  }
}

function nameOf(file: string): string {
  return file.split('/').at(-1) ?? file
}

function stepBack(pid: number | undefined, {nice = 0, ionice}: Pick<ExecuteOptions, 'nice' | 'ionice'>): void {
  if (pid === undefined) return
  // Not started through it, so that a program that is missing is still known to be the one that is missing.
  if (ionice) void execa('ionice', [...ioniceWords(ionice), '-p', String(pid)], {reject: false, stdio: 'ignore'})
  if (nice === 0) return
  try {
    setPriority(pid, nice)
  } catch {
    // It has ended already, or the system does not allow it: the work itself matters more than how politely it is done.
  }
}

async function keepTail(stream: Readable): Promise<string> {
  let tail = Buffer.alloc(0)
  for await (const chunk of stream) tail = Buffer.concat([tail, chunk as Buffer]).subarray(-stderrKept)
  return tail.toString('utf8')
}

/** Returns the error of the source, if it was the source that failed; a program that stops reading tells by its exit code. */
async function feed(input: Bytes, stdin: NodeJS.WritableStream, kill: () => void): Promise<Error | null> {
  let sourceError: Error | null = null
  const guarded = async function* () {
    const source = input[Symbol.asyncIterator]()
    const next = () =>
      source.next().catch((error: unknown) => {
        sourceError = error as Error
        throw error
      })
    try {
      for (let chunk = await next(); !chunk.done; chunk = await next()) yield chunk.value
    } finally {
      // A pipe that broke is thrown in at the yield: no fault of the source, which is only told that nobody reads on.
      await source.return?.()
    }
  }
  try {
    await pipeline(Readable.from(guarded(), {objectMode: false}), stdin)
  } catch {
    if (sourceError) kill()
  }
  return sourceError
}

async function end(stdin: NodeJS.WritableStream, input = '', interactive = false): Promise<null> {
  // A program that ends without reading breaks the pipe; its exit code says whether that was right.
  stdin.on('error', () => undefined)
  if (interactive) stdin.write(input)
  else stdin.end(input)
  return null
}
