import {randomBytes} from 'node:crypto'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {copyFile, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Client} from 'pg'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {embeddedPrograms, type EmbeddedPrograms} from '../../src/lib/adapters/embedded/embedded-programs.ts'
import {runApi, startApi, waitUntil, type ApiProcess} from '../support/api-process.ts'
import {findFreePort, startHostCluster, type HostCluster} from '../support/testbed/host-cluster.ts'

let programs: EmbeddedPrograms
let cluster: HostCluster
let DATABASE_URL: string

beforeAll(async () => {
  programs = await embeddedPrograms()
  cluster = await startHostCluster({bin: programs.postgresBin})
})
afterAll(async () => cluster?.[Symbol.asyncDispose]())
beforeEach(async () => {
  DATABASE_URL = await createDatabase()
})

async function createDatabase(): Promise<string> {
  const name = `api_${randomBytes(4).toString('hex')}`
  await query(cluster.url, `CREATE DATABASE ${name}`)
  return cluster.url.replace(/postgres$/, name)
}

async function query<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({connectionString: url})
  await client.connect()
  try {
    return (await client.query(sql)).rows as Row[]
  } finally {
    await client.end()
  }
}

async function get(api: ApiProcess, address: string) {
  const reply = await fetch(api.url + address)
  return {status: reply.status, body: (await reply.json()) as Record<string, unknown>}
}

const post = (api: ApiProcess, body: object) =>
  fetch(`${api.url}/v1/messages`, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)})
const isUp = (api: ApiProcess) => waitUntil('health', async () => (await get(api, '/health')).status === 200)
const seedSmall = () => runApi(['seed', '--scale', '0.02'], {DATABASE_URL})

describe('health against a real database', () => {
  it('turns 200 when the API has brought its schema up to date', async () => {
    await using api = await startApi({DATABASE_URL})
    await isUp(api)
    const {body} = await get(api, '/health')
    expect(body).toMatchObject({status: 'ok', components: {database: {status: 'ok'}, redis: {status: 'disabled'}}})
  })

  it('names the tables that are missing, and recovers when they are back', async () => {
    await using api = await startApi({DATABASE_URL})
    await isUp(api)
    await query(DATABASE_URL, 'ALTER TABLE messages RENAME TO gone; ALTER TABLE events RENAME TO gone_too')
    expect(await get(api, '/health/database')).toMatchObject({status: 503, body: {message: 'tables messages, events are missing'}})
    expect((await get(api, '/health')).status).toBe(503)
    await query(DATABASE_URL, 'ALTER TABLE gone RENAME TO messages; ALTER TABLE gone_too RENAME TO events')
    expect((await get(api, '/health/database')).status).toBe(200)
  })

  it('does not make missing tables again when the API restarts', async () => {
    await runApi(['migrate'], {DATABASE_URL})
    await query(DATABASE_URL, 'DROP TABLE settings')
    await using api = await startApi({DATABASE_URL})
    await waitUntil('the schema', () => api.log().includes('schema is up to date'))
    expect((await get(api, '/health/database')).body).toMatchObject({status: 'down', message: 'table settings is missing'})
  })

  it('answers within three seconds when the database accepts questions and never answers', async () => {
    await using api = await startApi({DATABASE_URL})
    await isUp(api)
    const rows = await query<{pid: number}>(
      cluster.url,
      `SELECT pid FROM pg_stat_activity WHERE datname = '${path.basename(DATABASE_URL)}'`,
    )
    for (const {pid} of rows) process.kill(pid, 'SIGSTOP')
    try {
      const start = performance.now()
      const {status, body} = await get(api, '/health/database')
      expect(status).toBe(503)
      expect(body.message).toMatch(/no answer/)
      expect(performance.now() - start).toBeLessThan(3000)
    } finally {
      for (const {pid} of rows) process.kill(pid, 'SIGCONT')
    }
    await isUp(api)
  })

  it('survives its sessions being ended and its database being swapped away and back', async () => {
    await using api = await startApi({DATABASE_URL})
    await isUp(api)
    const name = path.basename(DATABASE_URL)
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`
    await query(cluster.url, end)
    await query(cluster.url, `ALTER DATABASE ${name} RENAME TO ${name}_old`)
    expect(await get(api, '/health/database')).toMatchObject({status: 503, body: {message: 'the database does not exist'}})
    await query(cluster.url, `ALTER DATABASE ${name}_old RENAME TO ${name}`)
    await isUp(api)
    expect(api.child.exitCode).toBeNull()
  })

  it('says that nobody listens, and starts to work when somebody does', async () => {
    const port = await findFreePort()
    await using api = await startApi({DATABASE_URL: `postgresql://postgres:hunter2@127.0.0.1:${port}/postgres`})
    const {status, body} = await get(api, '/health/database')
    expect(status).toBe(503)
    expect(body.message).toBe('connection refused')
    await using _late = await startHostCluster({bin: programs.postgresBin, port, password: 'hunter2'})
    await isUp(api)
    expect(api.log()).not.toContain('hunter2')
  })
})

describe('health with Redis', () => {
  it('is degraded while Redis is away, and ok again when it is back', async () => {
    const port = await findFreePort()
    await using api = await startApi({DATABASE_URL, REDIS_URL: `redis://:hunter2@127.0.0.1:${port}`})
    await waitUntil('the schema', () => api.log().includes('schema is up to date'))
    expect(await get(api, '/health')).toMatchObject({status: 200, body: {status: 'degraded'}})
    expect(await get(api, '/health/redis')).toMatchObject({status: 503, body: {message: 'connection refused'}})
    {
      await using _redis = startRedis(port, 'hunter2')
      await waitUntil('Redis', async () => (await get(api, '/health/redis')).status === 200)
      expect((await get(api, '/health')).body).toMatchObject({status: 'ok'})
    }
    await waitUntil('Redis to be missed', async () => (await get(api, '/health/redis')).status === 503)
    await using _locked = startRedis(port, 'another')
    await waitUntil('the refusal', async () => (await get(api, '/health/redis')).body.message === 'the credentials were refused')
    expect(api.log()).not.toContain('hunter2')
  })
})

function startRedis(port: number, password: string): AsyncDisposable {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', password]
  const redis = spawn(programs.redisServer!, settings, {cwd: tmpdir(), stdio: 'ignore'})
  const ended = once(redis, 'exit')
  const stop = async () => {
    redis.kill('SIGKILL')
    await ended
  }
  return {[Symbol.asyncDispose]: stop}
}

describe('messages', () => {
  it('are stored and found by their words, among those of the seed', async () => {
    await seedSmall()
    await using api = await startApi({DATABASE_URL})
    await isUp(api)
    const before = (await get(api, '/stats')).body
    expect(before).toMatchObject({users: 40, channels: 4, messages: 600, attachments: 60, events: 400})
    expect((await post(api, {channelId: 1, authorId: 1, body: 'zebra giraffe elephant'})).status).toBe(201)
    expect((await get(api, '/stats')).body).toMatchObject({messages: 601})
    const {body} = await get(api, '/v1/messages/similar?text=elephant%20zebra%20giraffe&limit=1')
    expect(body).toMatchObject({messages: [{body: 'zebra giraffe elephant', channelId: 1}]})
    expect((await post(api, {channelId: 999_999, authorId: 1, body: 'nowhere'})).status).toBe(422)
  })
})

describe('seeding', () => {
  const fingerprint = (url: string) =>
    query(url, ['users', 'channels', 'messages', 'attachments', 'events', 'settings'].map(digest).join(' UNION ALL '))
  const digest = (table: string) =>
    `SELECT '${table}' AS name, count(*)::integer AS rows, md5(string_agg(${table}::text, ',' ORDER BY ${table}::text)) AS digest FROM ${table}`

  it('gives the same rows for the same random seed, and others for another', async () => {
    const others = [await createDatabase(), await createDatabase()]
    expect((await seedSmall()).exitCode).toBe(0)
    await runApi(['seed', '--scale', '0.02'], {DATABASE_URL: others[0]!})
    await runApi(['seed', '--scale', '0.02', '--random-seed', '2'], {DATABASE_URL: others[1]!})
    const [first, same, another] = await Promise.all([DATABASE_URL, ...others].map(fingerprint))
    expect(same).toEqual(first)
    expect(another).not.toEqual(first)
  })

  it('refuses a database that holds data, and leaves it as it is', async () => {
    await seedSmall()
    const before = await fingerprint(DATABASE_URL)
    const {exitCode, log} = await seedSmall()
    expect(exitCode).toBe(1)
    expect(log).toContain('holds data already')
    expect(await fingerprint(DATABASE_URL)).toEqual(before)
  })

  it('leaves sequences behind the last row, so that the next one fits', async () => {
    await seedSmall()
    await query(DATABASE_URL, `INSERT INTO users (name, email) VALUES ('Next', 'next@example.test')`)
    expect(await query(DATABASE_URL, 'SELECT max(id)::integer AS id FROM users')).toEqual([{id: 41}])
  })
})

it('several that migrate at once take turns, and one of them does the work', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => runApi(['migrate'], {DATABASE_URL})))
  expect(runs.map(({exitCode}) => exitCode)).toEqual([0, 0, 0])
  expect(runs.filter(({log}) => log.includes('"applied":3'))).toHaveLength(1)
})

it('SIGTERM makes the API unready, lets the running request end, and ends it with 0', async () => {
  await seedSmall()
  await using api = await startApi({DATABASE_URL, DRAIN_DELAY_MILLISECONDS: '2500'})
  await isUp(api)
  const blocker = new Client({connectionString: DATABASE_URL})
  await blocker.connect()
  await blocker.query('BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE')
  const waiting = post(api, {channelId: 1, authorId: 1, body: 'in flight'})
  await waitUntil(
    'the request to wait',
    async () => (await query<object>(cluster.url, `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).length > 0,
  )
  api.child.kill('SIGTERM')
  await waitUntil('the drain', async () => (await get(api, '/health/ready')).body.status === 'draining')
  await waitUntil('the door to shut', () =>
    fetch(`${api.url}/health/live`).then(
      () => false,
      () => true,
    ),
  )
  expect(api.child.exitCode).toBeNull()
  await blocker.query('COMMIT')
  await blocker.end()
  expect((await waiting).status).toBe(201)
  expect((await api.ended).exitCode).toBe(0)
})

it('without a database URL the API does not start, and says which variable is missing', async () => {
  const {exitCode, log} = await runApi([], {})
  expect(exitCode).toBe(1)
  expect(log).toContain('DATABASE_URL is missing')
})

it('the built bundle runs from an empty folder, with nothing installed beside it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bundle-'))
  try {
    const program = path.join(folder, 'api.mjs')
    await copyFile(path.join(import.meta.dirname, '../../dist/demo/api.mjs'), program)
    await using api = await startApi({DATABASE_URL}, {program, folder})
    await isUp(api)
    expect(await (await fetch(`${api.url}/metrics`)).text()).toContain('sparkone_requests_total')
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
})
