import {describe, expect, it} from 'vitest'
import {BreakerOpen} from '../../../ops/api/breakers.ts'
import {createProfiler} from '../../../ops/api/profiler.ts'
import {idleHost, startApp as start} from '../../support/api-app.ts'

const login = {email: 'member@example.test', password: 'correct horse'}
const cookieOf = (reply: Response) => reply.headers.get('set-cookie')!.split(';')[0]!

describe('sessions', () => {
  it('start with the right password, and their cookie is out of reach of scripts and foreign sites', async () => {
    const reply = await start().send('/v1/sessions', login)
    expect(reply.status).toBe(201)
    expect(reply.headers.get('set-cookie')).toMatch(/^sparkone_session=[\w-]{43};.*Path=\/;.*HttpOnly; Secure; SameSite=Lax/)
    expect(await reply.json()).toMatchObject({name: 'Member', expiresAt: expect.any(String)})
  })

  it('tell who is logged in until they are ended', async () => {
    const {get, send} = start()
    expect((await get('/v1/sessions/current')).status).toBe(401)
    const cookie = cookieOf(await send('/v1/sessions', login))
    expect(await (await get('/v1/sessions/current', {cookie})).json()).toMatchObject({name: 'Member'})
    expect((await send('/v1/sessions/current', '', {cookie}, 'DELETE')).status).toBe(204)
    expect((await get('/v1/sessions/current', {cookie})).status).toBe(401)
  })

  it('do not start with a wrong password, which is counted', async () => {
    const {get, send} = start()
    expect((await send('/v1/sessions', {...login, password: 'wrong'})).status).toBe(401)
    await send('/v1/sessions', login)
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toContain('sparkone_logins_total{result="failure"} 1')
    expect(metrics).toContain('sparkone_logins_total{result="success"} 1')
  })

  it('end when somebody logs in again, so that nobody goes on with an id from before', async () => {
    const {get, send} = start()
    const before = cookieOf(await send('/v1/sessions', login))
    const after = cookieOf(await send('/v1/sessions', login, {cookie: before}))
    expect((await get('/v1/sessions/current', {cookie: before})).status).toBe(401)
    expect((await get('/v1/sessions/current', {cookie: after})).status).toBe(200)
  })

  it('are needed for everything but health where a login is required, and only their own user writes', async () => {
    const {get, send} = start({requireLogin: true})
    const message = {channelId: 1, authorId: login.email.length, body: 'hello'}
    expect((await get('/stats')).status).toBe(401)
    expect((await send('/v1/messages', message)).status).toBe(401)
    expect((await get('/health')).status).toBe(200)
    const cookie = cookieOf(await send('/v1/sessions', login))
    expect((await send('/v1/messages', message, {cookie})).status).toBe(201)
    expect((await send('/v1/messages', {...message, authorId: 1}, {cookie})).status).toBe(403)
  })
})

describe('rate limits', () => {
  it('count by caller, tell what is left, refuse with 429 and when to come back', async () => {
    const {get} = start({quotas: {general: 2}})
    const from = (address: string) => get('/stats', {'x-forwarded-for': address})
    const first = await from('192.0.2.1')
    expect(first.headers.get('ratelimit-policy')).toBe('"general";q=2;w=60')
    expect(first.headers.get('ratelimit')).toBe('"general";r=1;t=60')
    await from('192.0.2.1')
    const refused = await from('192.0.2.1')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit')).toContain('"general";r=0')
    expect(await refused.json()).toMatchObject({type: 'urn:sparkone:problem:rate-limited', status: 429})
    expect((await from('192.0.2.2')).status).toBe(200)
    expect(await (await get('/metrics')).text()).toContain('sparkone_rate_limit_hits_total{route="/stats"} 1')
  })

  it('believe only the addresses that trusted proxies added', async () => {
    const {get} = start({quotas: {general: 1}, trustedProxies: 1})
    await get('/stats', {'x-forwarded-for': '198.51.100.1, 192.0.2.1'})
    expect((await get('/stats', {'x-forwarded-for': '198.51.100.2, 192.0.2.1'})).status).toBe(429)
  })

  it('are tighter for what is expensive, and never apply to health and metrics', async () => {
    const {get, send} = start({quotas: {general: 5, heavy: 1, login: 1}})
    const similar = await get('/v1/messages/similar?text=hello')
    expect(similar.headers.get('ratelimit-policy')).toBe('"general";q=5;w=60, "heavy";q=1;w=60')
    expect((await get('/v1/messages/similar?text=hello')).status).toBe(429)
    expect((await send('/v1/sessions', login)).status).toBe(201)
    expect((await send('/v1/sessions', login)).status).toBe(429)
    for (let count = 0; count < 10; count++) expect((await get('/health/live')).status).toBe(200)
  })
})

describe('problems', () => {
  it.each([
    ['an unknown address', '/no-such-place', 404],
    ['an unknown method', '/v1/messages', 404],
    ['SQL in a number', '/v1/messages/similar?text=a&limit=1;DROP TABLE users', 400],
    ['a text that is too long', `/v1/messages/similar?text=${'a'.repeat(10_001)}`, 400],
    ['a character that cannot be stored', '/v1/messages/similar?text=a%00b', 400],
    ['a missing parameter', '/v1/messages/similar', 400],
    ['a profiler that is off', '/profiler/slow-queries', 404],
  ])('%s is a problem document with the id of the request', async (_name, path, status) => {
    const reply = await start().get(path, {'x-request-id': 'r-1'})
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(await reply.json()).toMatchObject({type: expect.stringMatching(/^urn:sparkone:problem:/), status, requestId: 'r-1'})
  })

  it.each([
    ['no JSON', '{', {}, 400],
    ['another media type', '{}', {'content-type': 'text/plain'}, 415],
    ['a form', 'channelId=1', {'content-type': 'application/x-www-form-urlencoded'}, 415],
    ['unknown fields', {channelId: 1, authorId: 1, body: 'hello', admin: true}, {}, 400],
    ['a wrong type', {channelId: '1', authorId: 1, body: 'hello'}, {}, 400],
    ['a list', [], {}, 400],
    ['a number beyond all ids', {channelId: 1e300, authorId: 1, body: 'hello'}, {}, 400],
    ['too much', {channelId: 1, authorId: 1, body: 'x'.repeat(70_000)}, {}, 413],
  ])('a body with %s is refused', async (_name, body, headers, status) => {
    const reply = await start().send('/v1/messages', body, headers)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
  })

  it('nobody foresaw are reported, and say nothing about the inside', async () => {
    const reported: Error[] = []
    const broken = async () => {
      throw new Error('secret at /srv/app.ts:1')
    }
    const {get} = start({cache: {remember: broken, forget: broken}, report: (error) => reported.push(error)})
    const reply = await get('/stats')
    expect(reply.status).toBe(500)
    expect(await reply.text()).not.toMatch(/secret|srv/)
    expect(reported).toHaveLength(1)
  })

  it('of an integration that is left alone are 503', async () => {
    const notion = async () => {
      throw new BreakerOpen('left alone until noon')
    }
    const {send} = start({notion})
    const cookie = cookieOf(await send('/v1/sessions', login))
    const reply = await send('/v1/notion/sync', '', {cookie})
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({type: 'urn:sparkone:problem:left-alone'})
  })
})

describe('the Notion sync', () => {
  it('is for those who are logged in, and off without a token', async () => {
    const {send} = start()
    expect((await send('/v1/notion/sync', '')).status).toBe(401)
    const cookie = cookieOf(await send('/v1/sessions', login))
    expect((await send('/v1/notion/sync', '', {cookie})).status).toBe(404)
    const on = start({notion: async () => ({pages: 3})})
    const other = cookieOf(await on.send('/v1/sessions', login))
    expect(await (await on.send('/v1/notion/sync', '', {cookie: other})).json()).toEqual({status: 'copied', pages: 3})
  })
})

describe('headers', () => {
  it('give each request an id, keep a harmless one, and replace one that could forge log lines', async () => {
    const {get} = start()
    expect((await get('/stats')).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    const kept = await get('/stats', {'x-request-id': 'r-1', 'x-correlation-id': 'c-1'})
    expect([kept.headers.get('x-request-id'), kept.headers.get('x-correlation-id')]).toEqual(['r-1', 'c-1'])
    expect((await get('/stats', {'x-request-id': 'a "b"'})).headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })

  it('keep browsers from guessing, framing and loading, on problems too', async () => {
    for (const path of ['/stats', '/no-such-place']) {
      const {headers} = await start().get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('let in the origins that are named, and no others', async () => {
    const {get} = start({corsOrigins: ['https://app.example.com']})
    const allowed = async (origin: string) => (await get('/stats', {origin})).headers.get('access-control-allow-origin')
    expect(await allowed('https://app.example.com')).toBe('https://app.example.com')
    expect(await allowed('https://evil.example.com')).toBeNull()
    expect((await start().get('/stats', {origin: 'https://app.example.com'})).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('health', () => {
  it('lists breakers, the host and what is wrong, worst first', async () => {
    const breakers = () => [{integration: 'notion', state: 'open' as const, retryAt: '2026-01-01T00:00:00.000Z'}]
    const host = async () => ({...(await idleHost()), memory: {usedPercent: 85, totalBytes: 100, availableBytes: 15}})
    const health = (await (await start({breakers, host}).get('/health')).json()) as {alerts: object[]}
    expect(health).toMatchObject({status: 'ok', breakers: [{integration: 'notion', state: 'open'}], host: {cpu: {cores: 2}}})
    expect(health.alerts).toMatchObject([
      {severity: 'critical', subject: 'notion'},
      {severity: 'warning', subject: 'memory', message: '85 % used'},
    ])
  })
})

describe('the profiler', () => {
  it('shows slow operations and profiles when it is on', async () => {
    const profiler = createProfiler({enabled: true, slowSeconds: 0.5, maxHistory: 10})
    await profiler.measure('messages.similar', 'SELECT 1', async () => undefined)
    const {get} = start({profiler})
    expect(await (await get('/profiler/slow-queries')).json()).toMatchObject({
      thresholdSeconds: 0.5,
      slowQueries: [],
      operations: [{count: 1}],
    })
    const all = (await (await get('/profiler/slow-queries?seconds=0')).json()) as {slowQueries: object[]}
    expect(all.slowQueries).toMatchObject([{operation: 'messages.similar', statement: 'SELECT 1'}])
  })
})

describe('metrics', () => {
  it('tell the state of breakers and components at the moment of the scrape', async () => {
    const breakers = () => [
      {integration: 'redis', state: 'half-open' as const, retryAt: null},
      {integration: 'notion', state: 'open' as const, retryAt: null},
    ]
    const {get} = start({metricSources: {breakers, components: async () => ({database: true, redis: false})}})
    const text = await (await get('/metrics')).text()
    expect(text).toContain('sparkone_circuit_breaker_state{integration="redis"} 1')
    expect(text).toContain('sparkone_circuit_breaker_state{integration="notion"} 2')
    expect(text).toContain('sparkone_component_up{component="database"} 1')
    expect(text).toContain('sparkone_component_up{component="redis"} 0')
  })
})

describe('the OpenAPI document', () => {
  it('describes every route that there is, and no other', async () => {
    const {app, get} = start()
    const {paths, openapi} = (await (await get('/openapi.json')).json()) as {openapi: string; paths: Record<string, object>}
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = app.routes
      .filter(({path, method}) => method !== 'ALL' && !path.includes('*'))
      .map(({path, method}) => `${method} ${path}`)
    expect([...described, 'GET /openapi.json'].toSorted()).toEqual([...new Set(served)].toSorted())
  })
})
