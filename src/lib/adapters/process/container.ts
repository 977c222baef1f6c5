import type {LocalExecutor} from './local.ts'
import type {ExecuteOptions, Executor, RunningProgram} from './executor.ts'

const killTagged =
  'for environ in /proc/[0-9]*/environ; do if grep -qzx "SPARKONE_RUN=$1" "$environ" 2>/dev/null; then pid=${environ#/proc/}; kill "-$2" "${pid%/environ}" 2>/dev/null; fi; done; true'

/** Runs programs inside a running container. Each carries a tag in its environment, since killing `docker exec` leaves them running. */
export class ContainerExecutor implements Executor {
  readonly description: string
  readonly #docker: LocalExecutor
  readonly #container: string
  readonly #options: {user?: string; tag: string}

  constructor(docker: LocalExecutor, container: string, options: {user?: string; tag: string; description: string}) {
    this.#docker = docker
    this.#container = container
    this.#options = options
    this.description = options.description
  }

  async run(argv: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    const release = this.#endInside(options.signal)
    try {
      return await this.#docker.run(this.#argv(argv, options), options)
    } finally {
      await release()
    }
  }

  start(argv: readonly string[], options: ExecuteOptions = {}): RunningProgram {
    const release = this.#endInside(options.signal)
    const program = this.#docker.start(this.#argv(argv, options), options)
    const done = program.done.finally(release)
    done.catch(() => undefined)
    const stop = async () => {
      await this.endTagged()
      await program.stop()
    }
    return {...program, done, stop}
  }

  /** Ends every process in the container that carries the tag. */
  async endTagged(): Promise<void> {
    const kill = (name: string) =>
      this.#docker.run(['docker', 'exec', this.#container, 'sh', '-c', killTagged, 'sh', this.#options.tag, name])
    await kill('TERM')
    await kill('KILL')
  }

  /** Ends the program inside when the signal aborts. Returns what waits for that to be through. */
  #endInside(signal: AbortSignal | undefined): () => Promise<void> {
    let ended: Promise<void> | undefined
    const onAbort = () => {
      // The container may be gone already, which ends the program just as well.
      ended = this.endTagged().catch(() => undefined)
    }
    signal?.addEventListener('abort', onAbort, {once: true})
    return async () => {
      signal?.removeEventListener('abort', onAbort)
      await ended
    }
  }

  #argv(argv: readonly string[], {environment = {}}: ExecuteOptions): string[] {
    const user = this.#options.user ? ['--user', this.#options.user] : []
    // Only the names stand in argv: docker reads the values from its own environment.
    const names = Object.keys(environment).flatMap((name) => ['--env', name])
    return ['docker', 'exec', '--interactive', ...user, '--env', `SPARKONE_RUN=${this.#options.tag}`, ...names, this.#container, ...argv]
  }
}
