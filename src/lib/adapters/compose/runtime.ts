import type {Config} from '../../config/schema.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock, DatabaseServer, Runtime, ServiceState} from '../../ports.ts'
import {clusterPrefix} from '../postgres/local-cluster.ts'
import {PostgresServer} from '../postgres/server.ts'
import {shareOfLiveServer} from '../postgres/staged-archive.ts'
import {endAbandonedSessions, sessionName} from '../postgres/sessions.ts'
import {ContainerExecutor} from '../process/container.ts'
import {ProgramFailure} from '../process/executor.ts'
import {LocalExecutor} from '../process/local.ts'
import {Docker, explainDocker, type Container, type ContainerStats} from './docker.ts'
import {toServiceState} from './service-state.ts'
import {startThrowAwayContainer, sweepThrowAwayContainers} from './throw-away.ts'

export interface ComposeOptions {
  config: Config
  /** State folder, in which the lock lies that a sweep is protected by. */
  state: string
  signal: AbortSignal
  clock: Clock
}

const projectLabel = 'com.docker.compose.project'
const serviceLabel = 'com.docker.compose.service'

/** The services of a Compose project, found by the labels that Compose v1 and v2 both set. Programs run inside the containers. */
export class ComposeRuntime implements Runtime {
  readonly kind = 'compose'
  readonly description: string
  readonly database: DatabaseServer
  readonly databaseName: string
  readonly #options: ComposeOptions
  readonly #docker: Docker
  readonly #executor: ContainerExecutor

  private constructor(options: ComposeOptions, docker: Docker, container: Container) {
    const {config, state, signal, clock} = options
    this.#options = options
    this.#docker = docker
    const environment = environmentOf(container)
    const user = config.database.user ?? environment.POSTGRES_USER ?? 'postgres'
    this.databaseName = config.database.name ?? environment.POSTGRES_DB ?? user
    this.description = `Compose project ${projectOf(config)}, service ${config.database.service}`
    this.#executor = new ContainerExecutor(docker.executor, container.Id, {owner: ownerOf(config), description: container.Name.slice(1)})
    const password = config.database.password?.reveal()
    this.database = new PostgresServer({
      executor: this.#executor,
      programs: '',
      connection: {
        PGUSER: user,
        PGCONNECT_TIMEOUT: '5',
        PGAPPNAME: sessionName(ownerOf(config)),
        ...(password === undefined ? {} : {PGPASSWORD: password}),
      },
      signal,
      clock,
      imageId: container.Image,
      nice: config.backup.nice,
      ionice: config.backup.ionice,
      staging: {
        prefix: () => stagingPrefix(ownerOf(config), state),
        share: shareOfLiveServer,
        jobs: config.restore.jobs ?? null,
      },
      lockWaitMilliseconds: config.backup.lockWait,
      tablespaces: true,
      checkClientVersion: false,
      freeBytes: () => this.#freeBytes(),
      ephemeral: (original, {reachable}) =>
        startThrowAwayContainer({
          docker,
          container,
          owner: ownerOf(config),
          state,
          original,
          reachable,
          cpus: config.backup.proofCpus ?? null,
          memoryBytes: config.backup.proofMemory ?? null,
          jobs: config.restore.jobs ?? null,
          signal,
          clock,
        }),
    })
  }

  /** Throws `unreachable` when Docker does not answer, `notFound` when the project has no database container. */
  static async open(options: ComposeOptions): Promise<ComposeRuntime> {
    const docker = new Docker(new LocalExecutor())
    const {service} = options.config.database
    const project = projectOf(options.config)
    const labels = {[projectLabel]: project, [serviceLabel]: service}
    const containers = (await docker.containers(labels, options.signal)).filter(isOfService)
    const container = containers.find(({State}) => State.Status === 'running') ?? containers[0]
    if (container) return new ComposeRuntime(options, docker, container)
    throw new OperatorError('notFound', `Compose project ${project} has no container of service ${service}.`, {
      hint: `Start it (docker compose up --detach ${service}), or set compose.project and database.service.`,
    })
  }

  async services(signal?: AbortSignal, useMilliseconds?: number): Promise<ServiceState[]> {
    const labels = {[projectLabel]: projectOf(this.#options.config)}
    const containers = (await this.#docker.containers(labels, signal)).filter(isOfService)
    const running = containers.filter(({State}) => State.Status === 'running').map(({Id}) => Id)
    const stats = await this.#useOf(running, signal, useMilliseconds)
    return containers.map((container) =>
      toServiceState(
        container,
        stats.find(({ID}) => ID === container.Id),
      ),
    )
  }

  /** Docker takes two samples a second apart, for which there is not always the time. */
  async #useOf(ids: readonly string[], signal?: AbortSignal, milliseconds?: number): Promise<ContainerStats[]> {
    if (milliseconds === undefined) return this.#docker.stats(ids, signal)
    const late = new AbortController()
    const nothing = () => []
    const expiry = this.#options.clock.sleep(milliseconds, late.signal).then(nothing, nothing)
    try {
      return await Promise.race([this.#docker.stats(ids, AbortSignal.any([late.signal, ...(signal ? [signal] : [])])), expiry])
    } finally {
      // Ends the timer of a client that answered, and the client of a timer that ran out.
      late.abort(new OperatorError('timeout', 'Docker does not tell in time what the containers use.'))
    }
  }

  async control(service: string, action: 'start' | 'stop' | 'restart'): Promise<void> {
    await this.#container(service)
    const labels = {[projectLabel]: projectOf(this.#options.config), [serviceLabel]: service}
    const containers = (await this.#docker.containers(labels)).filter(isOfService)
    await this.#docker.run([action, ...containers.map(({Id}) => Id)])
  }

  async logs(service: string, lines: number): Promise<string[]> {
    const container = await this.#container(service)
    return this.#docker.logs(container.Id, lines)
  }

  async redis(command: readonly string[], signal?: AbortSignal): Promise<string> {
    const {redis} = this.#options.config
    if (!redis) throw new OperatorError('notFound', 'No Redis is configured.', {hint: 'Set redis.service.'})
    const container = await this.#container(redis.service, signal)
    const password = redis.password?.reveal() ?? environmentOf(container).REDIS_PASSWORD
    const executor = new ContainerExecutor(this.#docker.executor, container.Id, {
      owner: ownerOf(this.#options.config),
      description: redis.service,
    })
    const environment: Record<string, string> = password === undefined ? {} : {REDISCLI_AUTH: password}
    try {
      return redisReply(await executor.run(['redis-cli', '--no-auth-warning', ...command], {environment, signal}))
    } catch (error) {
      throw explainRedis(error)
    }
  }

  async sweep(): Promise<string[]> {
    const owner = ownerOf(this.#options.config)
    const removed = await sweepThrowAwayContainers(this.#docker, {owner, state: this.#options.state})
    // Programs and files that a killed run left in the database's container; it may be stopped, and then has none.
    await this.#executor.endAbandoned().catch(() => undefined)
    await this.#executor.run(['sh', '-c', 'rm -f -- "$1"*', 'sh', await stagingPrefix(owner, this.#options.state)]).catch(() => undefined)
    const sessions = await endAbandonedSessions(this.database, owner, this.#options.clock)
    return [...removed, ...sessions]
  }

  async #container(service: string, signal?: AbortSignal): Promise<Container> {
    const labels = {[projectLabel]: projectOf(this.#options.config), [serviceLabel]: service}
    const [container] = (await this.#docker.containers(labels, signal)).filter(isOfService)
    if (container) return container
    throw new OperatorError('notFound', `Compose project ${labels[projectLabel]} has no container of service ${service}.`, {
      hint: 'docker compose ps --all',
    })
  }

  async #freeBytes(): Promise<number | null> {
    const [row] = await this.database.query<{folder: string}>('postgres', `SELECT current_setting('data_directory') AS folder`)
    const text = await this.#executor.run(['df', '-Pk', row?.folder ?? '/'])
    const kilobytes = Number(text.trim().split('\n').at(-1)?.split(/\s+/)[3])
    return Number.isFinite(kilobytes) ? kilobytes * 1024 : null
  }
}

/** In the container of the database. The name tells whose file it is, as that of a throw-away cluster does. */
async function stagingPrefix(owner: string, state: string): Promise<string> {
  return `/tmp/${await clusterPrefix({owner, state})}restore-`
}

/** `docker compose run` makes containers of its own under the same labels. */
function isOfService({Config}: Container): boolean {
  return Config.Labels?.['com.docker.compose.oneoff']?.toLowerCase() !== 'true'
}

function projectOf({compose, project}: Config): string {
  return compose.project ?? project
}

function ownerOf({project, environment}: Config): string {
  return `${project}-${environment}`
}

function environmentOf({Config}: Container): Record<string, string | undefined> {
  return Object.fromEntries((Config.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
}

/** redis-cli ends with 0 whatever the server says, so its refusals must be read from the reply. */
function redisReply(text: string): string {
  const reply = text.trim()
  if (/^(?:NOAUTH|WRONGPASS|NOPERM)/.test(reply))
    throw new OperatorError('denied', `Redis refuses: ${reply}`, {hint: 'Set redis.password.'})
  return reply
}

function explainRedis(error: unknown): unknown {
  if (error instanceof ProgramFailure && /Could not connect to Redis/i.test(error.stderr)) {
    return new OperatorError('unreachable', 'Redis does not accept connections inside its container.', {cause: error})
  }
  return explainDocker(error)
}
