import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {fileURLToPath} from 'node:url'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {ask, isUp, metric, startApiDatabases, type ApiDatabases} from '../support/api-database.ts'
import {runApi, startApi, waitUntil} from '../support/api-process.ts'

let databases: ApiDatabases
let DATABASE_URL: string

beforeAll(async () => {
  databases = await startApiDatabases()
})
afterAll(async () => databases?.[Symbol.asyncDispose]())
beforeEach(async () => {
  DATABASE_URL = await databases.create()
})

describe('several workers', () => {
  it('count as one, replace one that dies, leave the proxy when asked to, and drain together', async () => {
    await using api = await startApi({DATABASE_URL, WORKERS: '2', RATE_LIMIT_PER_MINUTE: '0'})
    await isUp(api)
    await waitUntil('both workers', () => api.log().split('"message":"listening"').length === 3)
    for (let count = 0; count < 10; count++) await ask(api, '/stats')
    expect(await metric(api, 'sparkone_requests_total{method="GET",route="/stats",status="200"}')).toBe(10)
    const {body} = await ask(api, '/health')
    expect(body).toMatchObject({status: 'ok'})
    process.kill(Number(/"pid":(\d+)/.exec(api.log())![1]), 'SIGKILL')
    await waitUntil('the replacement', () => api.log().split('"message":"listening"').length === 4)
    await isUp(api)
    api.child.kill('SIGURG')
    await waitUntil('both to turn unready', () => api.log().split('"message":"not ready any more').length === 3)
    expect([(await ask(api, '/health/ready')).status, (await ask(api, '/stats')).status]).toEqual([503, 200])
    api.child.kill('SIGTERM')
    expect((await api.ended).exitCode).toBe(0)
    expect(api.log().split('"message":"stopped"').length - 1).toBe(2)
  })
})

describe('the bundle', () => {
  it('listens within two seconds', async () => {
    const seconds: number[] = []
    // Whatever else the machine does can only make it later, so one start of three shows what it can do.
    while (seconds.length < 3 && !seconds.some((each) => each < 2)) {
      const start = performance.now()
      await using api = await startApi({DATABASE_URL}, {program: fileURLToPath(new URL('../../dist/demo/api.mjs', import.meta.url))})
      seconds.push((performance.now() - start) / 1000)
      expect((await ask(api, '/health/live')).status).toBe(200)
    }
    expect(Math.min(...seconds), seconds.join(', ')).toBeLessThan(2)
  })
})

describe('the profiler', () => {
  it('shows queries over the threshold with their statement and the request', async () => {
    await using api = await startApi({DATABASE_URL, PROFILER_ENABLED: 'true', PROFILER_SLOW_QUERY_THRESHOLD: '0'})
    await isUp(api)
    await ask(api, '/v1/messages/similar?text=secret%20words', {headers: {'x-request-id': 'r-1'}})
    const {body, text} = await ask(api, '/profiler/slow-queries')
    expect(body).toMatchObject({thresholdSeconds: 0, slowQueries: [{operation: 'messages.similar', requestId: 'r-1', failed: false}]})
    expect(text).toContain('FROM similar_messages($1::vector, $2)')
    expect(text).not.toContain('secret')
    expect(body.operations).toMatchObject([{operation: 'messages.similar', count: 1, slow: 1}])
  })
})

describe('telemetry', () => {
  it('goes to an OTLP collector, as part of the trace of the caller', async () => {
    await using collector = await startCollector()
    await using api = await startApi({DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100'})
    await isUp(api)
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    await ask(api, '/stats', {headers: {traceparent: `00-${traceId}-00f067aa0ba902b7-01`}})
    const sent = () => collector.received.filter(({path}) => path === '/v1/traces').map(({text}) => text)
    const spans = await waitUntil('the trace', () => sent().find((text) => text.includes(traceId)))
    expect(spans).toContain('GET /stats')
    expect(spans).toContain('statistics')
    api.child.kill('SIGTERM')
    expect((await api.ended).exitCode).toBe(0)
  })

  it('goes to Sentry when asked for a test, and says so when it did not arrive', async () => {
    await using collector = await startCollector()
    const SENTRY_DSN = collector.url.replace('://', '://key@') + '/1'
    const arrived = await runApi(['test-sentry'], {DATABASE_URL, SENTRY_DSN})
    expect(arrived).toMatchObject({exitCode: 0, log: expect.stringContaining('Sentry took the test event')})
    expect(collector.received[0]).toMatchObject({
      path: expect.stringContaining('/api/1/envelope/'),
      text: expect.stringContaining('A test of the way'),
    })
    collector.status = 403
    expect((await runApi(['test-sentry'], {DATABASE_URL, SENTRY_DSN})).exitCode).toBe(1)
    expect((await runApi(['test-sentry'], {DATABASE_URL})).log).toContain('SENTRY_DSN is not set')
  })
})

/** Keeps what it is sent. */
async function startCollector() {
  const state = {status: 200, received: [] as {path: string; text: string}[]}
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    state.received.push({path: request.url ?? '', text})
    response.writeHead(state.status, {'content-type': 'application/json'}).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

describe('whatever is sent', () => {
  it('no route described in the OpenAPI document answers with 5xx or with internals', async () => {
    await using api = await startApi({
      DATABASE_URL,
      RATE_LIMIT_PER_MINUTE: '0',
      RATE_LIMIT_HEAVY_PER_MINUTE: '0',
      RATE_LIMIT_LOGIN_PER_MINUTE: '0',
    })
    await isUp(api)
    const {body} = await ask(api, '/openapi.json')
    const failures: string[] = []
    for (const [path, methods] of Object.entries(body.paths as Record<string, Record<string, object>>)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const sent of attempts(path, method, operation)) {
          const {status, text} = await ask(api, sent.path, sent.init)
          const declared = Object.keys((operation as {responses: object}).responses)
          const isDeclared = declared.includes(String(status)) || path.startsWith('/health')
          if (status >= 500 || !isDeclared || /node_modules|\.ts:|SELECT|at Object/.test(text))
            failures.push(`${method} ${sent.path} ${status} ${text.slice(0, 200)}`)
        }
      }
    }
    expect(failures).toEqual([])
  })
})

interface Attempt {
  path: string
  init: RequestInit
}

const oddities = [
  '',
  '0',
  '-1',
  '1e308',
  'NaN',
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '\u0000',
  '\ud83d\ude00',
  '../../etc/passwd',
  'a'.repeat(11_000),
  '[]',
  '{}',
  'null',
  '%',
]
const odd: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  2 ** 63,
  '',
  ' ',
  '\u0000',
  "'; DROP TABLE users; --",
  'a'.repeat(20_000),
  [],
  {},
  {constructor: 1},
  {__proto__: 1},
]

function attempts(path: string, method: string, operation: {parameters?: {name: string; in: string}[]; requestBody?: object}): Attempt[] {
  const headers = {'content-type': 'application/json'}
  const names = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({name}) => name)
  const queries = names.flatMap((name) => oddities.map((value) => `?text=a&${new URLSearchParams({[name]: value}).toString()}`))
  const asked = ['', '?unknown=1', '?limit=1&limit=2', ...queries].map((search) => ({path: path + search, init: {method, headers}}))
  if (!operation.requestBody) return asked
  const base = path.includes('sessions') ? {email: 'a@example.test', password: 'b'} : {channelId: 1, authorId: 1, body: 'hello'}
  const bodies = Object.keys(base).flatMap((key) => odd.map((value) => JSON.stringify({...base, [key]: value})))
  const texts = ['', '{', 'null', '"text"', '[1]', '\u0000', '{"a":'.repeat(5_000), ...bodies]
  return [...asked, ...texts.map((body) => ({path, init: {method, headers, body}}))]
}
