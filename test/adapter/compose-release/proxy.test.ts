import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {Docker, type Container} from '../../../src/lib/adapters/compose/docker.ts'
import {findProxy, type ProxyOptions} from '../../../src/lib/adapters/compose/release/proxy/find.ts'
import {createHttp} from '../../../src/lib/adapters/http.ts'
import {ProgramFailure} from '../../../src/lib/adapters/process/executor.ts'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'
import {settingsSchema, type Config} from '../../../src/lib/config/schema.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Proxy, Replica} from '../../../src/lib/ports/release-stack.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {rejection} from '../../support/folder.ts'

interface Service {
  name: string
  loadBalancer?: {servers: {url: string}[]}
  serverStatus?: Record<string, string>
}

let traefik: Server
let services: Service[]
let pageSize = 100
let url = ''
let clock: FakeClock
/** Containers by name: service, image, labels, address. */
let containers: {service: string; image: string; labels?: Record<string, string>; address: string}[]
/** What programs in containers print, and what the proxy has logged. */
let programs: Record<string, string>
let log: string[]

beforeEach(async () => {
  clock = new FakeClock()
  services = []
  pageSize = 100
  programs = {}
  log = []
  containers = [
    {service: 'edge', image: 'docker.io/library/traefik:v3.6.8@sha256:0', address: '10.0.0.2'},
    {service: 'api', image: 'shop/api:v1', address: '10.0.0.3'},
  ]
  traefik = createServer(({url: asked = ''}, reply) => {
    const {pathname, searchParams} = new URL(asked, 'http://traefik')
    if (pathname !== '/api/http/services') return reply.writeHead(404).end('404 page not found')
    const page = Number(searchParams.get('page') ?? 1)
    const hasMore = page * pageSize < services.length
    reply.setHeader('x-next-page', String(hasMore ? page + 1 : 1))
    return reply.end(JSON.stringify(services.slice((page - 1) * pageSize, page * pageSize)))
  }).listen(0, '127.0.0.1')
  await once(traefik, 'listening')
  url = `http://127.0.0.1:${(traefik.address() as AddressInfo).port}`
})
afterEach(() => traefik.close())

const replica = (name: string): Replica => ({
  service: 'api',
  id: name,
  name,
  image: {name: 'shop/api:v2', id: 'sha256:2'},
  running: true,
  health: 'healthy',
  restarts: 0,
  createdAt: clock.now(),
})

/** An engine in memory that knows the containers above by their addresses. */
class FakeEngine extends Docker {
  constructor() {
    super(
      new (class extends LocalExecutor {
        override async run(argv: readonly string[]): Promise<string> {
          const typed = Object.keys(programs).find((program) => argv.join(' ').endsWith(program))
          if (typed !== undefined) return programs[typed]!
          throw new ProgramFailure(argv.at(-1)!, {exitCode: 127, stderr: 'not found'})
        }
      })(),
    )
  }

  override async containers(labels: Readonly<Record<string, string>>): Promise<Container[]> {
    const service = labels['com.docker.compose.service']
    return containers.filter((each) => service === undefined || each.service === service).map(toContainer)
  }

  override async run(args: readonly string[]): Promise<string> {
    if (args[0] === 'logs') return `${log.join('\n')}\n`
    return `${args.at(-1)} `
  }
}

/** Its id is its address, which is what inspecting it tells. */
function toContainer({service, image, labels, address}: (typeof containers)[number]): Container {
  return {
    Id: address,
    Name: `/shop-${service}-1`,
    Image: 'sha256:1',
    Created: clock.now().toISOString(),
    RestartCount: 0,
    State: {Status: 'running', ExitCode: 0},
    Config: {Image: image, Labels: {'com.docker.compose.service': service, ...labels}},
    HostConfig: {},
  }
}

function find(deploy: object, api: object = {url}): ReturnType<typeof findProxy> {
  const settings = settingsSchema.parse({project: 'shop', environment: 'production', runtime: 'compose', deploy: {proxy: deploy}, api})
  const config = settings as unknown as Config
  const options: ProxyOptions = {config, docker: new FakeEngine(), http: createHttp(), clock, signal: new AbortController().signal}
  return findProxy(options)
}

async function open(deploy: object, api?: object): Promise<Proxy> {
  const {proxy, note} = await find(deploy, api)
  if (proxy) return proxy
  throw new Error(note)
}

const serving = (status: Record<string, string>): Service => ({
  name: 'api@docker',
  loadBalancer: {servers: Object.keys(status).map((server) => ({url: server}))},
  serverStatus: status,
})

describe('Traefik', () => {
  test('is found by its image, and asked at the port that is published for the machine', async () => {
    const {proxy, note} = await find({})
    expect(proxy).not.toBeNull()
    expect(note).toMatch(`Traefik (${url}) is asked`)
  })

  test('has taken a container once it lists its address and its own check finds it up', async () => {
    const proxy = await open({})
    expect(await proxy.added(replica('10.0.0.4'))).toBe('Traefik does not know it')
    services = [serving({'http://10.0.0.3:8000': 'UP', 'http://10.0.0.4:8000': 'DOWN'})]
    expect(await proxy.added(replica('10.0.0.4'))).toBe('Traefik knows it, and its check finds it down')
    services = [serving({'http://10.0.0.3:8000': 'UP', 'http://10.0.0.4:8000': 'UP'})]
    expect(await proxy.added(replica('10.0.0.4'))).toBeNull()
    // No part of another address.
    expect(await proxy.added(replica('0.0.0.4'))).toBe('Traefik does not know it')
  })

  test('takes what is listed without a check for up, and is not taken in by one service of several', async () => {
    const proxy = await open({})
    services = [{name: 'plain@file', loadBalancer: {servers: [{url: 'http://10.0.0.4:8000'}]}}, {name: 'weighted@file'}]
    expect(await proxy.added(replica('10.0.0.4'))).toBeNull()
    services.push(serving({'http://10.0.0.4:8000': 'DOWN'}))
    expect(await proxy.added(replica('10.0.0.4'))).toMatch('down')
    expect(await proxy.dropped(replica('10.0.0.4'))).toBe('Traefik still sends to it')
  })

  test.each([
    ['finds it down', [serving({'http://10.0.0.3:8000': 'DOWN'})]],
    ['does not list it any more', []],
  ])('leaves a container alone once it %s', async (_how, then) => {
    const proxy = await open({})
    services = [serving({'http://10.0.0.3:8000': 'UP'})]
    expect(await proxy.dropped(replica('10.0.0.3'))).toBe('Traefik still sends to it')
    services = then
    expect(await proxy.dropped(replica('10.0.0.3'))).toBeNull()
  })

  test('is read to the last page', async () => {
    pageSize = 2
    services = Array.from({length: 5}, (_, index) => serving({[`http://10.0.1.${index}:80`]: 'UP'}))
    expect(await (await open({})).added(replica('10.0.1.4'))).toBeNull()
  })

  test('covers a service with labels for it or whose containers it lists, and no other', async () => {
    const proxy = await open({})
    expect(await proxy.covers('api')).toBe(false)
    services = [serving({'http://10.0.0.3:8000': 'UP'})]
    expect(await proxy.covers('api')).toBe(true)
    services = []
    containers[1]!.labels = {'traefik.http.services.api.loadbalancer.server.port': '8000'}
    expect(await proxy.covers('api')).toBe(true)
    containers[1]!.labels = {...containers[1]!.labels, 'traefik.enable': 'false'}
    expect(await proxy.covers('api')).toBe(false)
  })

  test.each([
    ['its API is off', {}, () => ({url: `${url}/elsewhere`}), /answers with 404/],
    ['nothing listens', {}, () => ({url: 'http://127.0.0.1:1'}), /does not answer/],
    ['the address of the API is for the world', {}, () => ({url: 'https://api.example.com'}), /not known where Traefik tells/],
  ])('is given time where %s, unless it is asked for by name', async (_why, deploy, api, reason) => {
    if (_why === 'its API is off') traefik.removeAllListeners('request').on('request', (_, reply) => reply.writeHead(404).end())
    const {proxy, note} = await find(deploy, api())
    expect([proxy, note]).toEqual([null, expect.stringMatching(reason)])
    expect(note).toMatch(/^the proxy is not asked, but given 6 s each time: /)
    expect((await rejection(find({...deploy, kind: 'traefik'}, api()), OperatorError)).message).toMatch(reason)
  })

  test('is asked where it is told to be, also when it runs elsewhere', async () => {
    containers.shift()
    expect((await find({kind: 'traefik', api: url}, {url: 'https://api.example.com'})).note).toMatch(url)
  })
})

describe('nginx', () => {
  const configuration = `# configuration file /etc/nginx/nginx.conf:
    resolver 127.0.0.11 valid=2s ipv6=off; # old:8000
    upstream shop { zone shop 64k; server api:8000 resolve max_fails=2; }
    server { listen 8080; location / { proxy_pass http://shop; } }`
  const line = (address: string, path = '/v1/messages') => JSON.stringify({path, status: 200, upstream: `10.0.0.9:8000, ${address}:8000`})

  beforeEach(() => {
    containers[0] = {service: 'nginx', image: 'registry.example.com/base:1', address: '10.0.0.2'}
    programs = {'nginx -T': configuration}
  })

  test('covers what its configuration names', async () => {
    const proxy = await open({})
    expect([await proxy.covers('api'), await proxy.covers('worker')]).toEqual([true, false])
  })

  test('has taken a container once its log shows a request that went there', async () => {
    const proxy = await open({}, {url: 'http://127.0.0.1:1'})
    log = [line('10.0.0.40')]
    expect(await proxy.added(replica('10.0.0.4'))).toBe('nginx has not been seen to send to it')
    log = [line('10.0.0.4')]
    expect(await proxy.added(replica('10.0.0.4'))).toBeNull()
  })

  test('has not taken a container that it tried too early, and leaves alone for a while', async () => {
    const proxy = await open({}, {})
    log = [line('10.0.0.4'), '{"status":200,"upstream":"10.0.0.4:8000, 10.0.0.9:8000"}']
    expect(await proxy.added(replica('10.0.0.4'))).toBe('nginx has sent to it before it could answer')
    log = ['"GET / HTTP/1.1" 504 0 10.0.0.4:8000']
    expect(await proxy.added(replica('10.0.0.4'))).not.toBeNull()
  })

  test.each([
    ['getent ahostsv4 api', '10.0.0.3 STREAM api\n10.0.0.4 STREAM api\n'],
    ['nslookup api', 'Server:\t127.0.0.11\n\nName:\tapi\nAddress: 10.0.0.4\n'],
  ])('has taken a container once the name has led there, by %s, for longer than it keeps an answer', async (program, answer) => {
    const proxy = await open({}, {})
    expect(await proxy.added(replica('10.0.0.4'))).not.toBeNull()
    programs[program] = answer
    expect(await proxy.added(replica('10.0.0.4'))).not.toBeNull()
    clock.advance(2900)
    expect(await proxy.added(replica('10.0.0.4'))).not.toBeNull()
    clock.advance(200)
    expect(await proxy.added(replica('10.0.0.4'))).toBeNull()
  })

  test('that asks for names only once is believed by its log alone', async () => {
    programs['nginx -T'] = configuration.replace('api:8000 resolve', 'api:8000')
    programs['getent ahostsv4 api'] = '10.0.0.4 STREAM api\n'
    const proxy = await open({}, {})
    await proxy.added(replica('10.0.0.4'))
    clock.advance(3_600_000)
    expect(await proxy.added(replica('10.0.0.4'))).not.toBeNull()
  })

  test('leaves a container alone once nothing but health checks has gone there for three seconds', async () => {
    const proxy = await open({}, {url, endpoints: ['/health']})
    log = [line('10.0.0.3'), line('10.0.0.3')]
    expect(await proxy.dropped(replica('10.0.0.3'))).toBe('nginx still sends to it (2 requests in 3 s)')
    clock.advance(60_000)
    expect(await proxy.dropped(replica('10.0.0.3'))).not.toBeNull()
    log = [line('10.0.0.3', '/health'), line('10.0.0.3', '/health/ready'), line('10.0.0.4')]
    expect(await proxy.dropped(replica('10.0.0.3'))).toBeNull()
    expect(await proxy.dropped(replica('10.0.0.5'))).toBe('it has just turned unready')
  })

  test('whose configuration cannot be read is given time, unless it is asked for by name', async () => {
    programs = {}
    expect((await find({})).note).toMatch(/given 6 s each time: The configuration of nginx \(shop-nginx-1\) cannot be read/)
    expect(await rejection(find({kind: 'nginx'}), OperatorError)).toMatchObject({
      kind: 'unreachable',
      hint: expect.stringContaining('nginx -T'),
    })
  })

  test('is found by the service that is named', async () => {
    containers[0] = {service: 'front', image: 'shop/front:1', address: '10.0.0.2'}
    expect((await find({})).proxy).toBeNull()
    expect((await find({kind: 'nginx', service: 'front'})).note).toContain('nginx (shop-front-1)')
    expect((await rejection(find({kind: 'nginx'}), OperatorError)).kind).toBe('notFound')
  })
})

test('nobody is asked where the configuration says so', async () => {
  expect(await find({kind: 'none'})).toEqual({proxy: null, note: expect.stringContaining('deploy.proxy.kind is none')})
})
