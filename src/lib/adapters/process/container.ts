import {constants, hostname} from 'node:os'
import {isRunning} from './liveness.ts'
import type {LocalExecutor} from './local.ts'
import {ioniceWords, ProgramFailure, type DiskPriority, type ExecuteOptions, type Executor, type RunningProgram} from './executor.ts'

const variable = 'SPARKONE_RUN'

// Written for the smallest of shells and grep; psql cancels its query on INT, and what is left after TERM is beyond asking.
const endTagged = `
for signal in INT TERM KILL; do
  found=
  for environ in /proc/[0-9]*/environ; do
    tr '\\0' '\\n' <"$environ" 2>/dev/null | grep -qFx "${variable}=$1" || continue
    pid=\${environ#/proc/}
    kill "-$signal" "\${pid%/environ}" 2>/dev/null && found=yes
  done
  [ -n "$found" ] || break
  sleep 0.2
done
true`

const listTags = `cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep '^${variable}=' | sort -u; true`

let started = 0

/** Runs programs inside a running container. Each carries a tag in its environment, since killing `docker exec` leaves them running. */
export class ContainerExecutor implements Executor {
  readonly description: string
  readonly #docker: LocalExecutor
  readonly #container: string
  readonly #options: {user?: string; owner: string}

  /** `owner` tells the programs of one project and environment from those of others. */
  constructor(docker: LocalExecutor, container: string, options: {user?: string; owner: string; description: string}) {
    this.#docker = docker
    this.#container = container
    this.#options = options
    this.description = options.description
  }

  async run(argv: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    const tag = this.#newTag()
    const release = this.#endInside(tag, options.signal)
    try {
      return await this.#docker.run(this.#argv(argv, tag, options), options)
    } catch (error) {
      throw await this.#explain(error, argv)
    } finally {
      await release()
    }
  }

  start(argv: readonly string[], options: ExecuteOptions = {}): RunningProgram {
    const tag = this.#newTag()
    const release = this.#endInside(tag, options.signal)
    const program = this.#docker.start(this.#argv(argv, tag, options), options)
    const done = program.done.finally(release).catch(async (error: unknown) => {
      throw await this.#explain(error, argv)
    })
    done.catch(() => undefined)
    const stop = async () => {
      await this.#end(tag).catch(containerMayBeGone)
      await program.stop()
    }
    return {...program, done, stop}
  }

  /** Ends the programs that runs which died left in the container. */
  async endAbandoned(): Promise<void> {
    const lines = (await this.#shell(listTags)).split('\n').filter(Boolean)
    for (const tag of lines.map((line) => line.slice(variable.length + 1))) if (await this.#isAbandoned(tag)) await this.#end(tag)
  }

  /** docker tells no more than an exit code: which program it was, and whether its container went away, is for us to say. */
  async #explain(error: unknown, [file = '']: readonly string[]): Promise<unknown> {
    if (!(error instanceof ProgramFailure) || error.missing) return error
    const {exitCode = 0, stderr} = error
    const signal = exitCode > 128 ? signalOf(exitCode - 128) : undefined
    if (!signal || stderr !== '' || (await this.#isRunning())) return new ProgramFailure(file, {exitCode, signal, stderr})
    return new ProgramFailure(file, {exitCode, signal, stderr: `container ${this.description} is not running`})
  }

  async #isRunning(): Promise<boolean> {
    const argv = ['docker', 'inspect', '--format', '{{.State.Running}}', this.#container]
    return (await this.#docker.run(argv).catch(containerMayBeGone))?.trim() === 'true'
  }

  #newTag(): string {
    started += 1
    return [this.#options.owner, hostname(), process.pid, started].join(':')
  }

  async #isAbandoned(tag: string): Promise<boolean> {
    const [owner, host, pid] = tag.split(':')
    return owner === this.#options.owner && host === hostname() && !(await isRunning(Number(pid), ''))
  }

  async #end(tag: string): Promise<void> {
    await this.#shell(endTagged, tag)
  }

  #shell(script: string, ...words: string[]): Promise<string> {
    return this.#docker.run(['docker', 'exec', this.#container, 'sh', '-c', script, 'sh', ...words])
  }

  /** Ends the program inside when the signal aborts. Returns what waits for that to be through. */
  #endInside(tag: string, signal: AbortSignal | undefined): () => Promise<void> {
    let ended: Promise<void> | undefined
    const onAbort = () => {
      ended = this.#end(tag).catch(containerMayBeGone)
    }
    signal?.addEventListener('abort', onAbort, {once: true})
    return async () => {
      signal?.removeEventListener('abort', onAbort)
      await ended
    }
  }

  #argv(argv: readonly string[], tag: string, {environment = {}, nice = 0, ionice}: ExecuteOptions): string[] {
    const user = this.#options.user ? ['--user', this.#options.user] : []
    // Only the names stand in argv: docker reads the values from its own environment.
    const names = Object.keys(environment).flatMap((name) => ['--env', name])
    return [
      'docker',
      'exec',
      '--interactive',
      ...user,
      '--env',
      `${variable}=${tag}`,
      ...names,
      this.#container,
      ...polite(nice, ionice),
      ...argv,
    ]
  }
}

/** The program inside is no child of ours, so that the container's own `nice` has to start it. */
function polite(nice: number, ionice: DiskPriority | undefined): string[] {
  const words = ionice ? ['sh', '-c', withIonice, 'sh', ioniceWords(ionice).join(' ')] : []
  return [...(nice === 0 ? [] : ['nice', '-n', String(nice)]), ...words]
}

// Not every image has it, and a backup matters more than how politely it is made.
const withIonice = `
words=$1
shift
command -v ionice >/dev/null 2>&1 && exec ionice $words "$@"
exec "$@"`

function signalOf(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
}

/** A container that is gone or stopped has ended its programs just as well. */
function containerMayBeGone(): undefined {
  return undefined
}
