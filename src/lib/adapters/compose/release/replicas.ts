import type {Config} from '../../../config/schema.ts'
import {OperatorError} from '../../../errors.ts'
import type {Replica} from '../../../ports/release-stack.ts'
import {ContainerExecutor} from '../../process/container.ts'
import {ProgramFailure} from '../../process/executor.ts'
import type {Container, Docker} from '../docker.ts'
import type {ComposeFiles} from './compose-files.ts'

/** Longer than any health check should take. */
const probeMilliseconds = 10_000
const drainMilliseconds = 30_000

export interface ReplicasOptions {
  config: Config
  files: ComposeFiles
  docker: Docker
}

/** The containers of services, one added and one removed at a time. */
export class Replicas {
  readonly #options: ReplicasOptions

  constructor(options: ReplicasOptions) {
    this.#options = options
  }

  async of(service: string): Promise<Replica[]> {
    return (await this.#containers(service)).map((container) => toReplica(service, container))
  }

  async add(service: string): Promise<Replica> {
    const before = (await this.of(service)).map(({id}) => id)
    const words = ['up', '--detach', '--no-deps', '--no-recreate', '--no-build', '--pull', 'missing']
    await this.#options.files.run([...words, '--scale', `${service}=${before.length + 1}`, service])
    const added = (await this.of(service)).find(({id}) => !before.includes(id))
    if (added) return added
    throw new OperatorError('failed', `Compose started no further container of ${service}.`, {hint: 'docker compose ps --all'})
  }

  async probe({id, name, service}: Replica): Promise<string | null> {
    const container = (await this.#containers(service)).find(({Id}) => Id === id)
    if (!container) return 'it is gone'
    const [kind, ...words] = container.Config.Healthcheck?.Test ?? []
    if (kind === undefined || kind === 'NONE' || words.length === 0) {
      throw new OperatorError('refused', `Service ${service} has no health check, so nothing tells whether a new container is well.`, {
        hint: `Add a healthcheck to ${service} in the Compose file.`,
      })
    }
    const argv = kind === 'CMD-SHELL' ? ['sh', '-c', words.join(' ')] : words
    return this.#ask(container, argv, name)
  }

  async drain({id, name}: Replica): Promise<boolean> {
    const {config, docker} = this.#options
    const {drain, drainSignal} = config.deploy
    try {
      if (drain) await this.#execute(id, drain, name, drainMilliseconds)
      else if (drainSignal !== undefined) await docker.run(['kill', '--signal', drainSignal, id])
      else return false
      return true
    } catch (error) {
      if (error instanceof ProgramFailure) throw new OperatorError('failed', error.message, {cause: error})
      throw error
    }
  }

  async remove(replica: Replica): Promise<void> {
    const {docker} = this.#options
    try {
      await docker.run(['stop', replica.id])
      await docker.run(['rm', replica.id])
    } catch (error) {
      if (!(error instanceof OperatorError) || !/no such container/i.test(error.message)) throw error
    }
  }

  lastLines({id}: Replica, count: number): Promise<string[]> {
    return this.#options.docker.logs(id, count)
  }

  async #ask(container: Container, argv: readonly string[], name: string): Promise<string | null> {
    try {
      await this.#execute(container.Id, argv, name, probeMilliseconds)
      return null
    } catch (error) {
      if (!(error instanceof ProgramFailure) && !(error instanceof OperatorError)) throw error
      const said = error instanceof ProgramFailure ? error.stderr.trim().split('\n').at(-1) : ''
      return `its health check fails${said ? `: ${said}` : ''}`
    }
  }

  async #execute(id: string, argv: readonly string[], description: string, milliseconds: number): Promise<void> {
    const {config, docker} = this.#options
    const executor = new ContainerExecutor(docker.executor, id, {owner: `${config.project}-${config.environment}`, description})
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new OperatorError('timeout', `${argv[0]} takes too long in ${description}.`)), milliseconds)
    try {
      await executor.run(argv, {signal: late.signal})
    } finally {
      clearTimeout(timer)
    }
  }

  async #containers(service: string): Promise<Container[]> {
    const {config, docker} = this.#options
    const labels = {
      'com.docker.compose.project': config.compose.project ?? config.project,
      'com.docker.compose.service': service,
    }
    const all = await docker.containers(labels)
    return all
      .filter(({Config: {Labels}}) => Labels?.['com.docker.compose.oneoff'] !== 'True')
      .toSorted((one, other) => one.Created.localeCompare(other.Created))
  }
}

function toReplica(service: string, {Id, Name, Image, State, RestartCount, Created, Config: {Image: name}}: Container): Replica {
  const health = State.Health?.Status
  return {
    service,
    id: Id,
    name: Name.slice(1),
    image: {name, id: Image},
    running: State.Status === 'running',
    health: health === 'healthy' || health === 'unhealthy' || health === 'starting' ? health : 'none',
    restarts: RestartCount,
    createdAt: new Date(Created),
  }
}
