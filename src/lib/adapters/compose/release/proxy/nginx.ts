import {OperatorError} from '../../../../errors.ts'
import type {Config} from '../../../../config/schema.ts'
import type {Clock, Http} from '../../../../ports.ts'
import type {Proxy, Replica} from '../../../../ports/release-stack.ts'
import {ContainerExecutor} from '../../../process/container.ts'
import {ProgramFailure} from '../../../process/executor.ts'
import type {Container, Docker} from '../../docker.ts'
import {addressesOf} from './addresses.ts'
import type {ProxyOptions} from './find.ts'
import {readNginx} from './nginx-configuration.ts'

const programMilliseconds = 10_000
const knockMilliseconds = 2000
/** So many requests at once are shared among all containers. */
const knocks = 4
/** How far back its log is read for requests that went to a new container. */
const seenMilliseconds = 10_000
/** As long as nothing has gone to an old one, nginx leaves it alone. */
const quietMilliseconds = 3000
/** nginx asks for a name again once its answer is too old, and not to the millisecond. */
const marginMilliseconds = 1000

/**
 * nginx, which has nothing that could be asked. That it sends to a container is seen in its log, where it was answered, or follows from the name leading there for longer than it keeps an
 * answer; that it does not, from its log alone.
 */
export class NginxProxy implements Proxy {
  readonly #container: Container
  readonly #configuration: string
  readonly #docker: Docker
  readonly #executor: ContainerExecutor
  readonly #http: Http
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #api: Config['api']
  /** When the name was first seen to lead to a container, and when one was first asked about. */
  readonly #resolvedAt = new Map<string, number>()
  readonly #withdrawnAt = new Map<string, number>()

  private constructor(
    container: Container,
    configuration: string,
    executor: ContainerExecutor,
    {config, docker, http, clock, signal}: ProxyOptions,
  ) {
    this.#container = container
    this.#configuration = configuration
    this.#executor = executor
    this.#docker = docker
    this.#http = http
    this.#clock = clock
    this.#signal = signal
    this.#api = config.api
  }

  /** Throws `unreachable` where its configuration cannot be read. */
  static async open(container: Container, options: ProxyOptions): Promise<NginxProxy> {
    const {config, docker} = options
    const description = container.Name.slice(1)
    const executor = new ContainerExecutor(docker.executor, container.Id, {owner: `${config.project}-${config.environment}`, description})
    try {
      return new NginxProxy(container, await run(executor, ['nginx', '-T']), executor, options)
    } catch (error) {
      if (!(error instanceof ProgramFailure) && !(error instanceof OperatorError)) throw error
      const hint = `docker exec ${description} nginx -T says why; deploy.proxy.kind: none asks nobody.`
      throw new OperatorError('unreachable', `The configuration of nginx (${description}) cannot be read.`, {hint, cause: error})
    }
  }

  async covers(service: string): Promise<boolean> {
    return readNginx(this.#configuration, service).isNamed
  }

  async added(replica: Replica): Promise<string | null> {
    const addresses = await addressesOf(replica.id, this.#docker)
    await this.#knock()
    // One that was there before may have had the same address.
    const age = this.#clock.now().getTime() - replica.createdAt.getTime()
    const newest = (await this.#linesTo(addresses, Math.min(seenMilliseconds, age))).at(-1)
    // It is tried as soon as the name leads there, and left alone for a while when that is too early.
    if (newest !== undefined) return isAnswered(newest, addresses) ? null : 'nginx has sent to it before it could answer'
    return (await this.#isResolved(replica, addresses)) ? null : 'nginx has not been seen to send to it'
  }

  async dropped(replica: Replica): Promise<string | null> {
    const begin = firstTime(this.#withdrawnAt, replica.id, this.#clock.elapsed())
    const addresses = await addressesOf(replica.id, this.#docker)
    // Health checks are answered to the end, and must not keep it from being left alone.
    const lines = (await this.#linesTo(addresses, quietMilliseconds)).filter((line) => !this.#isCheck(line))
    if (lines.length > 0) return `nginx still sends to it (${lines.length} requests in ${quietMilliseconds / 1000} s)`
    return this.#clock.elapsed() - begin >= quietMilliseconds ? null : 'it has just turned unready'
  }

  /** So that there is something to be seen, also where nobody calls. */
  async #knock(): Promise<void> {
    const {url, endpoints} = this.#api
    if (url === undefined) return
    const address = `${url.replace(/\/+$/, '')}${endpoints[0] ?? ''}`
    const options = {timeoutMilliseconds: knockMilliseconds, signal: this.#signal}
    await Promise.allSettled(Array.from({length: knocks}, () => this.#http.get(address, options)))
    this.#signal.throwIfAborted()
  }

  /** Returns the lines of its log that name one of the addresses as where a request went. */
  async #linesTo(addresses: readonly string[], milliseconds: number): Promise<string[]> {
    const since = new Date(this.#clock.now().getTime() - milliseconds).toISOString()
    const pattern = new RegExp(`(?<![\\d.])(?:${addresses.map((address) => address.replaceAll('.', '\\.')).join('|')}):\\d`)
    if (addresses.length === 0) return []
    return (await this.#docker.run(['logs', '--since', since, this.#container.Id])).split('\n').filter((line) => pattern.test(line))
  }

  #isCheck(line: string): boolean {
    const [, json, plain] = /"(?:path|uri|request_uri)":"([^"?]*)|"(?:GET|HEAD) ([^ ?"]*)/.exec(line) ?? []
    const path = json ?? plain
    return path !== undefined && this.#api.endpoints.some((endpoint) => path === endpoint || path.startsWith(`${endpoint}/`))
  }

  async #isResolved({id, service}: Replica, addresses: readonly string[]): Promise<boolean> {
    const {validMilliseconds} = readNginx(this.#configuration, service)
    if (validMilliseconds === null) return false
    if (!(await this.#isAnswered(service, addresses))) return false
    const now = this.#clock.elapsed()
    return now - firstTime(this.#resolvedAt, id, now) >= validMilliseconds + marginMilliseconds
  }

  /** Asks by what is in the container: Debian has the one program, Alpine the other. */
  async #isAnswered(service: string, addresses: readonly string[]): Promise<boolean> {
    for (const argv of [
      ['getent', 'ahostsv4', service],
      ['nslookup', service],
    ]) {
      const answer = (await this.#tryRun(argv)).split(/\s+/)
      if (addresses.some((address) => answer.includes(address))) return true
    }
    return false
  }

  /** Returns nothing where there is no such program, or no such name: then the log has to do. */
  async #tryRun(argv: readonly string[]): Promise<string> {
    try {
      return await run(this.#executor, argv)
    } catch (error) {
      if (!(error instanceof ProgramFailure) && !(error instanceof OperatorError)) throw error
      return ''
    }
  }
}

/** Whether one of the addresses is the last that was tried, which is the one that counts, and it answered. */
function isAnswered(line: string, addresses: readonly string[]): boolean {
  const tried = [...line.matchAll(/(?<![\d.])(\d+(?:\.\d+){3}):\d+/g)].map(([, address]) => address!)
  return addresses.includes(tried.at(-1) ?? '') && !/"status":"?50[24]\b|" 50[24] /.test(line)
}

function firstTime(times: Map<string, number>, id: string, now: number): number {
  const known = times.get(id) ?? now
  times.set(id, known)
  return known
}

function run(executor: ContainerExecutor, argv: readonly string[]): Promise<string> {
  return executor.run(argv, {signal: AbortSignal.timeout(programMilliseconds)})
}
