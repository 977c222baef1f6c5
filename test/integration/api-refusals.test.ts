import {once} from 'node:events'
import {connect} from 'node:net'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {sign} from '../../ops/api/webhooks.ts'
import {ask, isUp, metric, query, send, startApiDatabases, type ApiDatabases} from '../support/api-database.ts'
import {runApi, startApi, type ApiProcess} from '../support/api-process.ts'

const secret = `whsec_${Buffer.from('a secret of the sender').toString('base64')}`
const login = {email: 'member1@example.test', password: 'correct horse battery'}
const message = {channelId: 1, authorId: 1, body: 'hello'}
const large = 'x'.repeat(70_000)
const sql = "'; DROP TABLE users; --"

let databases: ApiDatabases
let api: ApiProcess
let DATABASE_URL: string
let cookie: string
let rowsBefore: Record<string, number>

beforeAll(async () => {
  databases = await startApiDatabases()
  DATABASE_URL = await databases.create()
  await runApi(['password', login.email], {DATABASE_URL}, {input: `${login.password}\n`})
  const limits = {RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_HEAVY_PER_MINUTE: '0', RATE_LIMIT_LOGIN_PER_MINUTE: '0'}
  api = await startApi({DATABASE_URL, ...limits, WEBHOOK_SECRETS: secret, PROFILER_ENABLED: 'true', REQUEST_TIMEOUT_SECONDS: '1'})
  await isUp(api)
  cookie = (await send(api, '/v1/sessions', login)).headers.get('set-cookie')!.split(';')[0]!
  rowsBefore = await countRows()
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await databases?.[Symbol.asyncDispose]()
})

type Headers = Record<string, string>

/** A route, what is sent to it, and the status that it must give. */
type Case = [wrong: string, route: string, status: number, body?: unknown, headers?: Headers]

const everyRoute = [
  'GET /health',
  'GET /health/database',
  'GET /health/redis',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /openapi.json',
  'GET /stats',
  'GET /profiler/slow-queries',
  'GET /v1/messages/similar',
  'POST /v1/messages',
  'POST /v1/sessions',
  'GET /v1/sessions/current',
  'DELETE /v1/sessions/current',
  'POST /v1/webhooks',
  'POST /v1/notion/sync',
]

const cases: Case[] = [
  ['wrong type', 'GET /v1/messages/similar?text=a&limit=many', 400],
  ['too large', `GET /v1/messages/similar?text=${'a'.repeat(10_001)}`, 400],
  ['SQL for a number', `GET /v1/messages/similar?text=a&limit=${encodeURIComponent(`1${sql}`)}`, 400],
  ['SQL for a text', `GET /v1/messages/similar?text=${encodeURIComponent(sql)}`, 200],
  ['a parameter twice', 'GET /v1/messages/similar?text=a&text=b&limit=1&limit=2', 400],
  ['broken encoding', 'GET /v1/messages/similar?text=%', 200],
  ['wrong type', 'GET /profiler/slow-queries?seconds=soon', 400],
  ['SQL for a number', `GET /profiler/slow-queries?seconds=${encodeURIComponent(sql)}`, 400],
  ['wrong type', 'POST /v1/messages', 400, {...message, channelId: 'one'}],
  ['too large', 'POST /v1/messages', 413, {...message, body: large}],
  ['bad JSON', 'POST /v1/messages', 400, '{"channelId":'],
  ['no JSON at all', 'POST /v1/messages', 415, 'channelId=1', {'content-type': 'application/x-www-form-urlencoded'}],
  ['SQL for a number', 'POST /v1/messages', 400, {...message, authorId: sql}],
  ['SQL for a text', 'POST /v1/messages', 201, {...message, body: sql}],
  ['nobody', 'POST /v1/messages', 422, {...message, authorId: 999_999}],
  ['wrong type', 'POST /v1/sessions', 400, {...login, password: 1}],
  ['too large', 'POST /v1/sessions', 413, {...login, password: large}],
  ['bad JSON', 'POST /v1/sessions', 400, '{"email":'],
  ['no JSON at all', 'POST /v1/sessions', 415, 'email=a', {'content-type': 'text/plain'}],
  ['SQL for a name', 'POST /v1/sessions', 401, {...login, email: `${login.email}${sql}`}],
  ['SQL for a password', 'POST /v1/sessions', 401, {...login, password: sql}],
  ['a made-up cookie', 'GET /v1/sessions/current', 401, undefined, {cookie: `sparkone_session=${sql}`}],
  ['no cookie, where there is nothing to end', 'DELETE /v1/sessions/current', 204],
  ['no signature', 'POST /v1/webhooks', 401, {type: 'a.b', data: {}}],
  ['bad signature', 'POST /v1/webhooks', 401, {type: 'a.b', data: {}}, signed('{"type":"a.b","data":{"more":1}}')],
  ['a signature of yesterday', 'POST /v1/webhooks', 401, {type: 'a.b', data: {}}, signed('{"type":"a.b","data":{}}', -86_400)],
  ['too large', 'POST /v1/webhooks', 413, {type: 'a.b', data: {large}}],
  ['bad JSON', 'POST /v1/webhooks', 400, '{"type":', signed('{"type":')],
  ['wrong type', 'POST /v1/webhooks', 400, {type: 1}, signed('{"type":1}')],
  ['SQL for an event', 'POST /v1/webhooks', 400, {type: sql, data: {}}, signed(JSON.stringify({type: sql, data: {}}))],
  ['nobody logged in', 'POST /v1/notion/sync', 401, ''],
  ['an unknown route', 'GET /v1/messages/../../etc/passwd', 404],
  ['an unknown route', `GET /v1/${encodeURIComponent(sql)}`, 404],
]

function signed(body: string, offset = 0): Headers {
  const [id, timestamp] = ['msg_refused', String(Math.floor(Date.now() / 1000) + offset)]
  return {'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${sign({id, timestamp, body}, secret)}`}
}

describe('input that is wrong', () => {
  it.for(cases)('%s: %s is answered with %i', async ([, route, status, body, headers]) => {
    const [method, path] = [route.split(' ')[0]!, route.slice(route.indexOf(' ') + 1)]
    const answer = await (body === undefined ? ask(api, path, {method, headers: headers ?? {}}) : send(api, path, body, headers))
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/node_modules|\.m?[jt]s:\d|SELECT|INSERT|at Object|postgres|syntax error/i)
    if (status < 400) return
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({status, type: expect.stringMatching(/^urn:sparkone:problem:/), requestId: expect.any(String)})
  })

  it.for(everyRoute)('%s with another method is not there', async (route) => {
    const path = route.split(' ')[1]!
    expect((await ask(api, path, {method: 'PATCH'})).status).toBe(404)
  })

  it('a webhook that is sent again is refused as such', async () => {
    const body = '{"type":"a.b","data":{}}'
    const headers = signed(body)
    expect((await send(api, '/v1/webhooks', body, headers)).status).toBe(202)
    expect(await send(api, '/v1/webhooks', body, headers)).toMatchObject({status: 409, body: {type: 'urn:sparkone:problem:replay'}})
  })

  it('is asked of every route that takes any', async () => {
    const {paths} = (await ask(api, '/openapi.json')).body as {
      paths: Record<string, Record<string, {requestBody?: object; parameters?: object[]}>>
    }
    const taking = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, {requestBody, parameters}]) =>
        requestBody || parameters?.length ? `${method.toUpperCase()} ${path}` : [],
      ),
    )
    const asked = new Set(cases.map(([, route]) => route.split('?')[0]))
    expect(taking.filter((route) => !asked.has(route))).toEqual([])
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(new Set([...described, 'GET /openapi.json'])).toEqual(new Set(everyRoute))
  })

  it('clients that never end their body are sent away, and hold nobody up', async () => {
    const routes = ['POST /v1/messages', 'POST /v1/sessions', 'POST /v1/webhooks', 'POST /v1/notion/sync']
    const answers = routes.map(sendSlowly)
    expect((await ask(api, '/health')).status).toBe(200)
    // The last one takes no body, so it does not wait for one; Notion is not configured.
    expect(await Promise.all(answers)).toEqual(['408', '408', '408', '404'])
  })

  it('has changed nothing but what was right in it', async () => {
    const rows = await countRows()
    expect(rows).toEqual({users: rowsBefore.users, messages: rowsBefore.messages! + 1, events: rowsBefore.events! + 1})
    expect((await ask(api, '/health')).status).toBe(200)
    expect(await metric(api, 'sparkone_requests_total{method="POST",route="/v1/messages",status="500"}')).toBe(0)
  })
})

/** Returns the status of the answer to a request whose body does not go on. */
async function sendSlowly(route: string): Promise<string> {
  const {hostname, port} = new URL(api.url)
  const socket = connect(Number(port), hostname)
  socket.write(`${route} HTTP/1.1\r\nhost: a\r\ncookie: ${cookie}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return bytes.toString().split(' ')[1]!
}

async function countRows(): Promise<Record<string, number>> {
  const tables = ['users', 'messages', 'events']
  const [row] = await query<Record<string, number>>(
    DATABASE_URL,
    `SELECT ${tables.map((table) => `(SELECT count(*)::integer FROM ${table}) AS ${table}`).join(', ')}`,
  )
  return row!
}
