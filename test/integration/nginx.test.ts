import {request as requestPlain} from 'node:http'
import {request as requestByTls, type RequestOptions} from 'node:https'
import {connect, type SecureVersion} from 'node:tls'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {Docker} from '../../src/lib/adapters/compose/docker.ts'
import {findProxy} from '../../src/lib/adapters/compose/release/proxy/find.ts'
import {createHttp} from '../../src/lib/adapters/http.ts'
import {LocalExecutor} from '../../src/lib/adapters/process/local.ts'
import {settingsSchema, type Config} from '../../src/lib/config/schema.ts'
import type {Proxy, Replica} from '../../src/lib/ports/release-stack.ts'
import {startNginx, type Answer, type Nginx} from '../support/ops/nginx.ts'
import {bodyLimitBytes, ciphers, hiddenPaths, limits, securityHeaders, timeouts} from '../support/ops/proxies.ts'
import {requireTestbed} from '../support/testbed/index.ts'
import {waitFor} from '../support/testbed/machine.ts'

let nginx: Nginx | null = null
let lastCaller = 1

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (testbed.image) nginx = await startNginx(testbed)
}, 900_000)
afterAll(async () => nginx?.[Symbol.asyncDispose]())

describe('nginx', () => {
  it.for(limits.filter(({burst}) => burst === null))('does not limit $what, as Traefik does not', async ({method, path}, {skip}) => {
    const answers = await flood(skip, {method, path, count: 40})
    expect(answers.map(({status}) => status)).toEqual(Array.from({length: 40}, () => 200))
  })

  it.for(limits.filter(({burst}) => burst !== null))('limits $what as Traefik does', async ({method, path, burst}, {skip}) => {
    const answers = await flood(skip, {method, path, count: 40})
    const passed = answers.filter(({status}) => status === 200).length
    const refused = answers.filter(({status}) => status === 429)
    expect(passed + refused.length).toBe(40)
    // One goes through by itself, and one or two more are earned while the requests arrive.
    expect(passed).toBeGreaterThanOrEqual(burst! + 1)
    expect(passed).toBeLessThanOrEqual(burst! + 3)
    expect(refused[0]!.headers).toMatchObject({...securityHeaders, 'retry-after': '1', 'content-type': 'application/problem+json'})
    expect(JSON.parse(refused[0]!.body)).toMatchObject({status: 429})
  })

  it('gives every answer the headers that Traefik gives, once, and does not tell what runs behind it', async ({skip}) => {
    for (const path of ['/stats', '/metrics', '/health']) {
      const [answer] = await flood(skip, {path})
      expect(answer!.headers).toMatchObject(securityHeaders)
      expect(answer!.headers['x-powered-by']).toBeUndefined()
      // nginx cannot leave its own name out, but its version.
      expect(answer!.headers.server).toBe('nginx')
    }
  })

  it.for(hiddenPaths)('answers %s to the machine alone', async (path, {skip}) => {
    const [outside] = await flood(skip, {path})
    expect(outside!.status).toBe(404)
    expect(JSON.parse(outside!.body)).toMatchObject({url: '/nowhere'})
    const inside = await fetch(`http://127.0.0.1:${nginx!.local}${path}`)
    expect(await inside.json()).toMatchObject({url: path})
  })

  it('tells the API who really asks, whatever the caller claims', async ({skip}) => {
    const [answer] = await flood(skip, {path: '/stats?limit=1'})
    const seen = JSON.parse(answer!.body) as {url: string; headers: Record<string, string>}
    expect(seen.url).toBe('/stats?limit=1')
    expect(seen.headers).toMatchObject({
      host: 'api.example.com',
      'x-forwarded-for': `127.0.0.${lastCaller}`,
      'x-forwarded-proto': 'https',
    })
  })

  it.for([
    {method: 'GET', status: 301},
    {method: 'POST', status: 308},
  ])('sends a $method over HTTP to HTTPS', async ({method, status}, {skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const answer = await ask(requestPlain, {port: nginx!.http, path: '/v1/messages?x=1', method, headers: {host: 'api.example.com'}})
    expect(answer).toMatchObject({status, headers: {location: 'https://api.example.com/v1/messages?x=1'}})
  })

  it("answers the challenge of Let's Encrypt over HTTP", async ({skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const answer = await ask(requestPlain, {port: nginx!.http, path: '/.well-known/acme-challenge/token'})
    expect(answer).toMatchObject({status: 200, body: 'answer'})
  })

  it.for([
    {version: 'TLSv1.1', accepted: []},
    {version: 'TLSv1.2', accepted: ciphers},
    {version: 'TLSv1.3', accepted: ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']},
  ] as const)('speaks $version with the ciphers $accepted', async ({version, accepted}, {skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const cipher = await handshake(version)
    expect(cipher === null ? [] : accepted).toEqual(accepted)
    expect([null, ...accepted]).toContain(cipher)
  })

  it('refuses a body that is too large before it is sent', async ({skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const length = (bytes: number) => ({method: 'POST', path: '/v1/webhooks', headers: {'content-length': String(bytes)}})
    expect(await overTls(length(bodyLimitBytes + 1))).toMatchObject({status: 413, headers: securityHeaders})
    expect(await overTls(length(bodyLimitBytes), Buffer.alloc(bodyLimitBytes))).toMatchObject({status: 200})
  })

  it('sends away a client that says nothing', async ({skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const start = performance.now()
    await new Promise((resolve) => {
      const socket = connect({port: nginx!.https, host: '127.0.0.1', rejectUnauthorized: false}, () => socket.write('GET / HTTP/1.1\r\n'))
      socket.on('close', resolve).resume()
    })
    const limit = Number.parseInt(timeouts.request, 10)
    expect((performance.now() - start) / 1000).toBeGreaterThan(limit - 1)
    expect((performance.now() - start) / 1000).toBeLessThan(limit + 3)
  })

  it('compresses what is large', async ({skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const answer = await overTls({path: '/large', headers: {'accept-encoding': 'gzip'}})
    expect(answer.headers).toMatchObject({'content-encoding': 'gzip', vary: 'Accept-Encoding'})
  })

  it('writes a line of JSON for each request', async ({skip}) => {
    await flood(skip, {path: '/stats?secret=1'})
    const line = (await nginx!.log()).findLast(({client}) => client === `127.0.0.${lastCaller}`)
    expect(line).toMatchObject({method: 'GET', path: '/stats', protocol: 'HTTP/2.0', status: 200, requestId: 'request-1', tls: 'TLSv1.3'})
    expect(line!.seconds).toBeTypeOf('number')
  })

  it('goes on asking replicas that refuse, and asks another one only for what one that is about to end says', async ({skip}) => {
    for (const status of [500, 502, 503]) {
      const answers = await flood(skip, {path: `/status/${status}`, count: 10})
      expect(answers.map((answer) => answer.status)).toEqual(Array.from({length: 10}, () => status))
    }
    const [answer] = await flood(skip, {path: '/health'})
    expect(answer!.status).toBe(200)
    await flood(skip, {path: '/status/504'})
    expect((await nginx!.log()).at(-1)!.upstreamStatus).toBe('504, 504')
  })

  it('is seen by sparkone to send to a replica, and to leave one alone that nothing but health checks reaches', async ({skip}) => {
    skip(!nginx, 'the engine or its image is missing')
    const proxy = await seenBySparkone(nginx!)
    expect([await proxy.covers('api'), await proxy.covers('postgres')]).toEqual([true, false])
    const [first, other] = nginx!.replicas.map(toReplica)
    expect(
      await waitFor('both to be seen', 10, async () => (await proxy.added(first!)) === null && (await proxy.added(other!)) === null),
    ).toBe(true)
    await flood(skip, {path: '/stats', count: 10})
    expect(await proxy.dropped(first!)).toMatch(/nginx still sends to it \(\d+ requests in 3 s\)/)
    expect(await waitFor('it to be left alone', 10, async () => (await proxy.dropped(first!)) === null)).toBe(true)
  })

  it('shares requests among the replicas, loses none when one ends, and says so when all are away', async ({skip}) => {
    const replicas = (answers: Answer[]) => new Set(answers.map(({body}) => (JSON.parse(body) as {replica: string}).replica))
    expect(replicas(await flood(skip, {path: '/health', count: 20})).size).toBe(2)
    await nginx!.stopReplica(0)
    const survived = await flood(skip, {path: '/health', count: 20})
    expect(survived.map(({status}) => status)).toEqual(Array.from({length: 20}, () => 200))
    expect(replicas(survived).size).toBe(1)
    await nginx!.stopReplica(1)
    const [away] = await flood(skip, {path: '/health'})
    expect(away).toMatchObject({status: 503, headers: {...securityHeaders, 'retry-after': '5'}})
  })
})

/** Returns nginx as a deployment finds it, by its configuration and its log. */
async function seenBySparkone({project, local}: Nginx): Promise<Proxy> {
  const {environment} = await requireTestbed()
  const docker = new Docker(new LocalExecutor({environment: environment as Record<string, string>}))
  const api = {url: `http://127.0.0.1:${local}`}
  const config = settingsSchema.parse({project, environment: 'production', runtime: 'compose', api}) as unknown as Config
  const {proxy, note} = await findProxy({config, docker, http: createHttp(), clock: systemClock, signal: new AbortController().signal})
  expect(proxy, note).not.toBeNull()
  return proxy!
}

function toReplica(name: string): Replica {
  const image = {name: 'upstream', id: 'sha256:0'}
  return {service: 'api', id: name, name, image, running: true, health: 'none', restarts: 0, createdAt: new Date()}
}

/** Sends requests at once from an address that no other test uses, since limits count by address. */
async function flood(
  skip: (condition: boolean, note: string) => void,
  {method = 'GET', path, count = 1}: {method?: string; path: string; count?: number},
): Promise<Answer[]> {
  skip(!nginx, 'the engine or its image is missing')
  lastCaller += 1
  return nginx!.burst({localAddress: `127.0.0.${lastCaller}`, method, path, count})
}

function overTls(options: RequestOptions, body?: Buffer): Promise<Answer> {
  return ask(requestByTls, {port: nginx!.https, rejectUnauthorized: false, servername: 'api.example.com', ...options}, body)
}

function ask(request: typeof requestPlain, options: RequestOptions, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({host: '127.0.0.1', agent: false, ...options}, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks).toString()}))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    // A body that was announced and is not given is one that is never sent.
    if (options.headers && 'content-length' in options.headers && !body) sent.flushHeaders()
    else sent.end(body)
  })
}

/** Returns the cipher that was agreed on, or null when the server refused. */
function handshake(version: SecureVersion): Promise<string | null> {
  return new Promise((resolve) => {
    // Level 0, so that it is the server who refuses an old version.
    const options = {minVersion: version, maxVersion: version, rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0'}
    const socket = connect({port: nginx!.https, host: '127.0.0.1', ...options}, () => {
      resolve(socket.getCipher().name)
      socket.destroy()
    })
    socket.on('error', () => resolve(null))
  })
}
