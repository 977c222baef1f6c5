import {z} from 'zod'
import {OperatorError} from '../../../../errors.ts'
import type {Http} from '../../../../ports.ts'
import type {Proxy, Replica} from '../../../../ports/release-stack.ts'
import type {Docker} from '../../docker.ts'
import {addressesOf} from './addresses.ts'
import type {ProxyOptions} from './find.ts'

const askMilliseconds = 5000
/** More than a machine can have; a header that always promises another page must not keep us for ever. */
const mostPages = 100

const services = z.array(
  z.object({
    serverStatus: z.record(z.string(), z.string()).nullish(),
    loadBalancer: z.object({servers: z.array(z.object({url: z.string().nullish()})).nullish()}).nullish(),
  }),
)

/** A server that Traefik knows, and what its own check says of it. */
interface Server {
  address: string
  isUp: boolean
}

/** Traefik, by what its API says of the servers of all services. It finds containers by the addresses that they have in its network. */
export class TraefikProxy implements Proxy {
  readonly #api: string
  readonly #http: Http
  readonly #docker: Docker
  readonly #signal: AbortSignal
  readonly #labels: Readonly<Record<string, string>>

  private constructor(api: string, {config, http, docker, signal}: ProxyOptions) {
    this.#api = api
    this.#http = http
    this.#docker = docker
    this.#signal = signal
    this.#labels = {'com.docker.compose.project': config.compose.project ?? config.project}
  }

  /** Throws `unreachable` where no Traefik answers. */
  static async open(api: string, options: ProxyOptions): Promise<TraefikProxy> {
    const proxy = new TraefikProxy(api, options)
    await proxy.#servers()
    return proxy
  }

  async covers(service: string): Promise<boolean> {
    const containers = await this.#docker.containers({...this.#labels, 'com.docker.compose.service': service})
    const isLabelled = containers.some(({Config: {Labels}}) => isMeant(Labels ?? {}))
    if (isLabelled) return true
    // Routes may stand in files, and name the containers by their addresses.
    const known = (await this.#servers()).map(({address}) => address)
    const addresses = await Promise.all(containers.map(({Id}) => addressesOf(Id, this.#docker)))
    return addresses.flat().some((address) => known.includes(address))
  }

  async added(replica: Replica): Promise<string | null> {
    const own = await this.#serversOf(replica)
    if (own.length === 0) return 'Traefik does not know it'
    return own.every(({isUp}) => isUp) ? null : 'Traefik knows it, and its check finds it down'
  }

  async dropped(replica: Replica): Promise<string | null> {
    const own = await this.#serversOf(replica)
    return own.some(({isUp}) => isUp) ? 'Traefik still sends to it' : null
  }

  async #serversOf({id}: Replica): Promise<Server[]> {
    const addresses = await addressesOf(id, this.#docker)
    return (await this.#servers()).filter(({address}) => addresses.includes(address))
  }

  /** Returns the servers of all services; what one service finds down counts as that, whatever another one does. */
  async #servers(): Promise<Server[]> {
    const found: Server[] = []
    let next = 1
    for (let page = 1; next === page && page <= mostPages; page++) {
      const {status, headers, body} = await this.#ask(page)
      const read = status === 200 ? services.safeParse(jsonOf(body)) : null
      if (!read?.success) throw this.#unreadable(status)
      found.push(...read.data.flatMap(serversIn))
      next = Number(headers['x-next-page'] ?? 1)
    }
    return found
  }

  async #ask(page: number) {
    const url = `${this.#api}/api/http/services?per_page=100&page=${page}`
    try {
      return await this.#http.get(url, {timeoutMilliseconds: askMilliseconds, signal: this.#signal})
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof OperatorError)) throw error
      throw new OperatorError('unreachable', `Traefik does not answer at ${this.#api}: ${error.message.replace(/\.$/, '')}.`, {
        cause: error,
      })
    }
  }

  #unreadable(status: number): OperatorError {
    const said = status === 200 ? 'something else than a list of services' : `${status}`
    return new OperatorError('unreachable', `${this.#api}/api/http/services answers with ${said}.`, {
      hint: 'Turn on the API of Traefik at an address that this machine alone reaches, and name it in deploy.proxy.api.',
    })
  }
}

function serversIn({serverStatus, loadBalancer}: z.infer<typeof services>[number]): Server[] {
  const listed = (loadBalancer?.servers ?? []).flatMap(({url}) => (url ? [[url, 'UP'] as const] : []))
  // Traefik tells the state of each server by its address; before it has asked one, only that there is one.
  const states = new Map<string, string>([...listed, ...Object.entries(serverStatus ?? {})])
  return [...states].map(([url, state]) => ({address: hostOf(url), isUp: state === 'UP'}))
}

function isMeant(labels: Readonly<Record<string, string>>): boolean {
  if (labels['traefik.enable'] === 'false') return false
  return labels['traefik.enable'] === 'true' || Object.keys(labels).some((name) => name.startsWith('traefik.http.'))
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
