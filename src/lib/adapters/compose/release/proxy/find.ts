import type {Config} from '../../../../config/schema.ts'
import {OperatorError} from '../../../../errors.ts'
import type {Clock, Http} from '../../../../ports.ts'
import type {ProxyFound} from '../../../../ports/release-stack.ts'
import type {Container, Docker} from '../../docker.ts'
import {NginxProxy} from './nginx.ts'
import {TraefikProxy} from './traefik.ts'

export interface ProxyOptions {
  config: Config
  docker: Docker
  http: Http
  clock: Clock
  signal: AbortSignal
}

type Kind = 'traefik' | 'nginx'

const kinds: readonly Kind[] = ['traefik', 'nginx']
const loopback = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

/**
 * Returns the proxy that is configured, or runs beside the services, if it can be asked whom it sends to. Throws `notFound`, `usage` and `unreachable` where the
 * configuration names one and it cannot be.
 */
export async function findProxy(options: ProxyOptions): Promise<ProxyFound> {
  const {config} = options
  const {kind} = config.deploy.proxy
  if (kind === 'none') return unasked(config, 'deploy.proxy.kind is none')
  const containers = await candidates(options)
  const chosen = kind === 'auto' ? kinds.find((each) => containers.some((container) => isOf(container, each))) : kind
  if (!chosen) return unasked(config, 'none that can be asked runs beside the services')
  try {
    return await open(chosen, containers, options)
  } catch (error) {
    if (kind !== 'auto' || options.signal.aborted || !(error instanceof OperatorError)) throw error
    return unasked(config, error.message.replace(/\.$/, ''))
  }
}

function unasked({deploy}: Config, why: string): ProxyFound {
  return {proxy: null, note: `the proxy is not asked, but given ${deploy.settle / 1000} s each time: ${why}`}
}

/** Returns the running containers of the service that is named, or else of all. */
async function candidates({config, docker}: ProxyOptions): Promise<Container[]> {
  const {service} = config.deploy.proxy
  const labels = {
    'com.docker.compose.project': config.compose.project ?? config.project,
    ...(service !== undefined && {'com.docker.compose.service': service}),
  }
  return (await docker.containers(labels)).filter(({State}) => State.Status === 'running')
}

/** By the last part of its image, or the name of its service. */
function isOf({Config: {Image, Labels}}: Container, kind: Kind): boolean {
  const image = Image.split('@')[0]!.split('/').at(-1)!.split(':')[0]
  return image === kind || Labels?.['com.docker.compose.service'] === kind
}

async function open(kind: Kind, containers: readonly Container[], options: ProxyOptions): Promise<ProxyFound> {
  const note = 'is asked whether it sends to a new container before an old one ends, and leaves that alone before it is told to'
  if (kind === 'traefik') {
    const api = apiOf(options.config)
    return {proxy: await TraefikProxy.open(api, options), note: `Traefik (${api}) ${note}`}
  }
  const own = options.config.deploy.proxy.service === undefined ? containers.filter((container) => isOf(container, kind)) : containers
  const [first] = own
  if (!first) throw new OperatorError('notFound', 'No container of nginx runs.', {hint: 'Set deploy.proxy.service.'})
  return {proxy: await NginxProxy.open(first, options), note: `nginx (${first.Name.slice(1)}) ${note}`}
}

/** What is published for the machine alone may be asked without being told so; another address could be anybody's. */
function apiOf({deploy, api}: Config): string {
  if (deploy.proxy.api !== undefined) return deploy.proxy.api.replace(/\/+$/, '')
  const url = api.url === undefined ? null : new URL(api.url)
  if (url && loopback.test(url.hostname)) return url.origin
  throw new OperatorError('usage', 'It is not known where Traefik tells whom it sends to.', {hint: 'Set deploy.proxy.api.'})
}
