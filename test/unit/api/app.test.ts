import {describe, expect, it} from 'vitest'
import type {Messages} from '../../../ops/api/messages.ts'
import {MessagesInMemory, startApp as start, works} from '../../support/api-app.ts'

const refused = async () => {
  throw Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), {code: 'ECONNREFUSED'})
}

describe('health', () => {
  it('is 200 with every component when all is well', async () => {
    const reply = await start().get('/health')
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({status: 'ok', components: {database: {status: 'ok'}, redis: {status: 'ok'}}})
  })

  it('is 503 without the database, and says why without naming its address', async () => {
    const {get} = start({probes: {database: refused, redis: works}})
    for (const path of ['/health', '/health/database', '/health/ready']) expect((await get(path)).status).toBe(503)
    const text = await (await get('/health')).text()
    expect(text).toContain('connection refused')
    expect(text).not.toContain('10.1.2.3')
  })

  it('is 200 and degraded without Redis, whose own address is 503', async () => {
    const {get} = start({probes: {database: works, redis: refused}})
    const reply = await get('/health')
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({status: 'degraded'})
    expect((await get('/health/redis')).status).toBe(503)
  })

  it('calls a Redis that is not configured disabled', async () => {
    const reply = await start({probes: {database: works, redis: null}}).get('/health/redis')
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({status: 'disabled'})
  })

  it('stays alive while draining, but is not ready, and asks clients to close the connection', async () => {
    const {get} = start({isDraining: () => true})
    expect((await get('/health/live')).status).toBe(200)
    const ready = await get('/health/ready')
    expect(ready.status).toBe(503)
    expect(ready.headers.get('connection')).toBe('close')
  })
})

describe('a process that is about to end', () => {
  const elsewhere = {'x-repeated-elsewhere': 'yes'}

  it('refuses a few requests that the proxy repeats elsewhere, so that it is left alone, and counts none of them', async () => {
    const {get} = start({isDraining: () => true})
    const statuses = []
    for (let count = 0; count < 6; count++) statuses.push((await get('/stats', elsewhere)).status)
    expect(statuses).toEqual([504, 504, 504, 504, 200, 200])
    expect(await (await get('/metrics')).text()).not.toContain('status="504"')
  })

  it('serves whatever else comes', async () => {
    const {get, send} = start({isDraining: () => true})
    expect((await send('/v1/messages', {channelId: 1, authorId: 1, body: 'hello'}, elsewhere)).status).toBe(201)
    expect((await get('/stats')).status).toBe(200)
    expect((await get('/health/live', elsewhere)).status).toBe(200)
  })

  it('was not refusing anything before', async () => {
    expect((await start().get('/stats', elsewhere)).status).toBe(200)
  })
})

describe('messages', () => {
  it('that are stored are counted and found', async () => {
    const {get, post} = start()
    expect((await post({channelId: 1, authorId: 1, body: ' hello '})).status).toBe(201)
    expect(await (await get('/stats')).json()).toMatchObject({messages: 1})
    expect(await (await get('/v1/messages/similar?text=hello')).json()).toMatchObject({messages: [{body: 'hello', distance: 0}]})
  })

  it('that are not valid are refused with every problem', async () => {
    const reply = await start().post({channelId: 'one', body: ''})
    expect(reply.status).toBe(400)
    const {errors} = (await reply.json()) as {errors: {pointer: string}[]}
    expect(errors.map(({pointer}) => pointer)).toEqual(['/channelId', '/authorId', '/body'])
  })

  it('that are no JSON, too large or for an unknown channel are refused as such', async () => {
    const {post} = start()
    expect((await post('{')).status).toBe(400)
    expect((await post({channelId: 1, authorId: 1, body: 'x'.repeat(70_000)})).status).toBe(413)
    expect((await post({channelId: 404, authorId: 1, body: 'hello'})).status).toBe(422)
  })

  it('answer 503 while the database is away', async () => {
    class Away extends MessagesInMemory {
      override similar = refused as unknown as Messages['similar']
    }
    const reply = await start({messages: new Away()}).get('/v1/messages/similar?text=hello')
    expect(reply.status).toBe(503)
    expect(await reply.text()).not.toContain('10.1.2.3')
  })
})

it('metrics count requests by route, never by the address that somebody made up', async () => {
  const {get} = start()
  for (const path of ['/stats', '/no-such-place-1', '/no-such-place-2']) await get(path)
  const text = await (await get('/metrics')).text()
  expect(text).toContain('sparkone_requests_total{method="GET",route="/stats",status="200"} 1')
  expect(text).toContain('sparkone_requests_total{method="GET",route="unknown",status="404"} 2')
  expect(text).toContain('sparkone_db_pool_in_use 0.4')
  expect(text).not.toContain('no-such-place')
})
