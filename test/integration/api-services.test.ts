import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {Client} from 'pg'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {sign} from '../../ops/api/webhooks.ts'
import {ask, isUp, metric, query, send, startApiDatabases, type ApiDatabases} from '../support/api-database.ts'
import {runApi, startApi, waitUntil} from '../support/api-process.ts'
import {startHostRedis} from '../support/testbed/host-redis.ts'

let databases: ApiDatabases
let DATABASE_URL: string

beforeAll(async () => {
  databases = await startApiDatabases()
})
afterAll(async () => databases?.[Symbol.asyncDispose]())
beforeEach(async () => {
  DATABASE_URL = await databases.create()
})

const startRedis = () => startHostRedis({program: databases.programs.redisServer!})
const login = {email: 'member1@example.test', password: 'correct horse battery'}
const cookieOf = ({headers}: {headers: Headers}) => headers.get('set-cookie')!.split(';')[0]!
const setPassword = (input = login.password) => runApi(['password', login.email], {DATABASE_URL}, {input: `${input}\n`})

describe('sessions', () => {
  it('live in Redis, through a restart of the API, and are plainly unavailable while Redis is away', async () => {
    expect((await setPassword()).exitCode).toBe(0)
    const redis = await startRedis()
    const environment = {DATABASE_URL, REDIS_URL: redis.url}
    let cookie: string
    {
      await using api = await startApi(environment)
      await isUp(api)
      expect((await send(api, '/v1/sessions', {...login, password: 'wrong'})).status).toBe(401)
      const reply = await send(api, '/v1/sessions', login)
      expect(reply).toMatchObject({status: 201, body: {userId: 1, name: 'Member 1'}})
      cookie = cookieOf(reply)
      expect(api.log()).not.toContain(login.password)
      expect(api.log()).not.toContain(cookie.split('=')[1])
    }
    await using api = await startApi(environment)
    await isUp(api)
    expect(await ask(api, '/v1/sessions/current', {headers: {cookie}})).toMatchObject({status: 200, body: {userId: 1}})
    expect(await query(DATABASE_URL, 'SELECT FROM sessions')).toHaveLength(0)
    await redis[Symbol.asyncDispose]()
    expect((await ask(api, '/v1/sessions/current', {headers: {cookie}})).status).toBe(503)
    expect((await ask(api, '/stats')).status).toBe(200)
  })

  it('live in PostgreSQL without Redis, and end when the password is changed', async () => {
    await setPassword()
    await using api = await startApi({DATABASE_URL, SESSION_ROTATION_SECONDS: '1'})
    await isUp(api)
    const cookie = cookieOf(await send(api, '/v1/sessions', login))
    const renewed = await waitUntil('a new id', async () => {
      const {status, headers} = await ask(api, '/v1/sessions/current', {headers: {cookie}})
      expect(status).toBe(200)
      return headers.get('set-cookie')
    })
    expect(renewed).not.toContain(cookie)
    await setPassword('another horse battery')
    expect((await ask(api, '/v1/sessions/current', {headers: {cookie}})).status).toBe(401)
  })

  it('need a password of some length, and a user', async () => {
    expect(await setPassword('short')).toMatchObject({exitCode: 1, log: expect.stringContaining('at least 12 characters')})
    const nobody = await runApi(['password', 'nobody@example.test'], {DATABASE_URL}, {input: login.password})
    expect(nobody).toMatchObject({exitCode: 1, log: expect.stringContaining('there is no user')})
  })
})

describe('webhooks', () => {
  const secret = `whsec_${Buffer.from('a secret of the sender').toString('base64')}`
  function deliver(api: {url: string}, id: string, content: object) {
    const [body, timestamp] = [JSON.stringify(content), String(Math.floor(Date.now() / 1000))]
    const signature = `v1,${sign({id, timestamp, body}, secret)}`
    return send(api, '/v1/webhooks', body, {'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature})
  }

  it('are kept once, with the message that they carry, and again only when they could not be kept', async () => {
    await using api = await startApi({DATABASE_URL, WEBHOOK_SECRETS: secret})
    await isUp(api)
    const received = (channelId: number) => ({type: 'message.received', data: {channelId, authorId: 1, body: 'from afar'}})
    expect((await deliver(api, 'msg_1', received(999_999))).status).toBe(422)
    expect((await deliver(api, 'msg_1', received(1))).status).toBe(202)
    expect(await deliver(api, 'msg_1', received(1))).toMatchObject({status: 409, body: {type: 'urn:sparkone:problem:replay'}})
    expect(await query(DATABASE_URL, `SELECT FROM messages WHERE body = 'from afar'`)).toHaveLength(1)
    expect(await query(DATABASE_URL, `SELECT FROM events WHERE kind = 'webhook.message.received'`)).toHaveLength(1)
    expect(await metric(api, 'sparkone_message_processing_duration_seconds_count')).toBe(1)
  })

  it('that arrive twice at once are kept once', async () => {
    await using api = await startApi({DATABASE_URL, WEBHOOK_SECRETS: secret})
    await isUp(api)
    const replies = await Promise.all(Array.from({length: 8}, () => deliver(api, 'msg_2', {type: 'a.b', data: {}})))
    expect(replies.map(({status}) => status).toSorted()).toEqual([202, 409, 409, 409, 409, 409, 409, 409])
  })
})

describe('rate limits', () => {
  const RATE_LIMIT_PER_MINUTE = '10'
  const statuses = async (apis: {url: string}[], count: number) => {
    const replies = await Promise.all(Array.from({length: count}, (_, index) => ask(apis[index % apis.length]!, '/stats')))
    return replies.filter(({status}) => status === 429).length
  }

  it('are shared by all processes through Redis, and counted by each one alone while it is away', async () => {
    const redis = await startRedis()
    const environment = {DATABASE_URL, REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE}
    await using one = await startApi(environment)
    await using other = await startApi(environment)
    await Promise.all([isUp(one), isUp(other)])
    expect(await statuses([one, other], 14)).toBe(4)
    await redis[Symbol.asyncDispose]()
    expect(await statuses([one, other], 24)).toBe(4)
    expect(await metric(one, 'sparkone_rate_limit_hits_total{route="/stats"}')).toBeGreaterThan(0)
  })
})

describe('the pool', () => {
  it('shows how full it is, and refuses plainly when it is used up', async () => {
    await using api = await startApi({DATABASE_URL, DATABASE_POOL_SIZE: '2'})
    await isUp(api)
    expect(await metric(api, 'sparkone_db_pool_in_use')).toBe(0)
    const blocker = new Client({connectionString: DATABASE_URL})
    await blocker.connect()
    await blocker.query('BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE')
    const post = () => send(api, '/v1/messages', {channelId: 1, authorId: 1, body: 'in the queue'})
    const waiting = [post(), post()]
    await waitUntil('a full pool', async () => (await metric(api, 'sparkone_db_pool_in_use')) === 1)
    expect(await post()).toMatchObject({status: 503, body: {type: 'urn:sparkone:problem:unavailable'}})
    await blocker.query('COMMIT')
    await blocker.end()
    for (const reply of await Promise.all(waiting)) expect([201, 503]).toContain(reply.status)
    await isUp(api)
  })
})

describe('the cache', () => {
  it('answers a second time without the database, and never hides what was written', async () => {
    await using redis = await startRedis()
    await using api = await startApi({DATABASE_URL, REDIS_URL: redis.url})
    await isUp(api)
    const find = async () => (await ask(api, '/v1/messages/similar?text=zebra&limit=1')).text
    const hits = (result: string) => metric(api, `sparkone_cache_requests_total{result="${result}"}`)
    const before = await find()
    expect(await find()).toBe(before)
    expect([await hits('miss'), await hits('hit')]).toEqual([1, 1])
    await send(api, '/v1/messages', {channelId: 1, authorId: 1, body: 'zebra'})
    expect(JSON.parse(await find())).toMatchObject({messages: [{body: 'zebra'}]})
    expect([await hits('miss'), await hits('hit')]).toEqual([2, 1])
  })
})

describe('the Notion sync', () => {
  it('copies pages, counts how it went, and is left alone after five failures', async () => {
    await setPassword()
    await using notion = await startNotion()
    await using api = await startApi({
      DATABASE_URL,
      NOTION_TOKEN: 'ntn_secret',
      NOTION_DATA_SOURCE_ID: '2f26ee68-df30-4251-aad4-8ddc420cba3d',
      NOTION_BASE_URL: notion.url,
      NOTION_SYNC_INTERVAL_SECONDS: '0',
    })
    await isUp(api)
    const cookie = cookieOf(await send(api, '/v1/sessions', login))
    const sync = () => send(api, '/v1/notion/sync', '', {cookie})
    expect(await sync()).toMatchObject({status: 200, body: {status: 'copied', pages: 3}})
    expect(await query(DATABASE_URL, 'SELECT title FROM notion_pages ORDER BY title')).toMatchObject([
      {title: 'Page 1'},
      {title: 'Page 2'},
      {title: 'Page 3'},
    ])
    expect(notion.asked.at(-1)).toMatchObject({authorization: 'Bearer ntn_secret'})
    notion.fails = true
    for (let count = 0; count < 5; count++)
      expect(await sync()).toMatchObject({status: 502, text: expect.not.stringContaining('ntn_secret')})
    const asked = notion.asked.length
    expect(await sync()).toMatchObject({status: 503, body: {type: 'urn:sparkone:problem:left-alone'}})
    expect(notion.asked).toHaveLength(asked)
    expect((await ask(api, '/health')).body).toMatchObject({
      status: 'degraded',
      components: {notion: {status: 'down'}},
      breakers: [{integration: 'notion', state: 'open'}],
      alerts: expect.arrayContaining([expect.objectContaining({severity: 'critical', subject: 'notion'})]),
    })
    const counted = ['success', 'error', 'skipped'].map((status) => metric(api, `sparkone_notion_sync_total{status="${status}"}`))
    expect(await Promise.all(counted)).toEqual([1, 5, 1])
    expect(await metric(api, 'sparkone_circuit_breaker_state{integration="notion"}')).toBe(2)
    expect(await metric(api, 'sparkone_component_up{component="notion"}')).toBe(0)
    expect(api.log()).not.toContain('ntn_secret')
  })

  it('goes by itself every so often', async () => {
    await using notion = await startNotion()
    await using api = await startApi({
      DATABASE_URL,
      NOTION_TOKEN: 'ntn_secret',
      NOTION_DATA_SOURCE_ID: '2f26ee68-df30-4251-aad4-8ddc420cba3d',
      NOTION_BASE_URL: notion.url,
      NOTION_SYNC_INTERVAL_SECONDS: '1',
    })
    const copied = await waitUntil('two copies', async () => {
      const times = await metric(api, 'sparkone_notion_sync_total{status="success"}')
      return times >= 2 && times
    })
    expect(copied).toBeGreaterThanOrEqual(2)
  })
})

/** Answers as Notion's API does, in pages of two. */
async function startNotion() {
  const state = {fails: false, asked: [] as object[]}
  const server: Server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    state.asked.push({...request.headers, url: request.url})
    response.setHeader('content-type', 'application/json')
    if (state.fails)
      return response.writeHead(401).end('{"object":"error","status":401,"code":"unauthorized","message":"API token is invalid."}')
    const isSecond = (JSON.parse(text || '{}') as {start_cursor?: string}).start_cursor === 'second'
    const results = (isSecond ? [3] : [1, 2]).map(page)
    return response.end(
      JSON.stringify({
        object: 'list',
        results,
        has_more: !isSecond,
        next_cursor: isSecond ? null : 'second',
        type: 'page_or_data_source',
        page_or_data_source: {},
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function page(number: number) {
  const time = `2026-01-0${number}T10:00:00.000Z`
  const text = `Page ${number}`
  const title = {
    id: 'title',
    type: 'title',
    title: [{type: 'text', text: {content: text, link: null}, plain_text: text, href: null, annotations: {}}],
  }
  return {
    object: 'page',
    id: `59833787-2cf9-4fdf-8782-e53db20768a${number}`,
    url: `https://notion.example.com/${number}`,
    created_time: time,
    last_edited_time: time,
    properties: {Name: title},
  }
}
