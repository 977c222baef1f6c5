import {Client} from 'pg'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {ask, metric, send, startApiDatabases, type ApiDatabases} from '../support/api-database.ts'
import {startApi, waitUntil, type ApiProcess} from '../support/api-process.ts'

let databases: ApiDatabases
let api: ApiProcess
let DATABASE_URL: string

beforeAll(async () => {
  databases = await startApiDatabases()
  DATABASE_URL = await databases.create()
  // Nobody listens at this address, so every synchronization fails.
  const notion = {
    NOTION_TOKEN: 'ntn_secret',
    NOTION_DATA_SOURCE_ID: '2f26ee68-df30-4251-aad4-8ddc420cba3d',
    NOTION_BASE_URL: 'http://127.0.0.1:1',
  }
  const settings = {DATABASE_POOL_SIZE: '2', RATE_LIMIT_PER_MINUTE: '5', NOTION_SYNC_INTERVAL_SECONDS: '1'}
  api = await startApi({DATABASE_URL, ...settings, ...notion})
  await waitUntil('the database', async () => (await ask(api, '/health/ready')).status === 200)
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await databases?.[Symbol.asyncDispose]()
})

const look = () => ask(api, '/stats')
const write = () => send(api, '/v1/messages', {channelId: 1, authorId: 1, body: 'hello'})

it.for([
  {sample: 'sparkone_requests_total{method="GET",route="/stats",status="200"}', by: 1, act: look},
  {sample: 'sparkone_http_request_latency_seconds_count{method="GET",route="/stats"}', by: 1, act: look},
  {sample: 'sparkone_request_duration_seconds_count{method="POST",route="/v1/messages"}', by: 1, act: write},
  {sample: 'sparkone_message_processing_duration_seconds_count', by: 1, act: write},
  {sample: 'sparkone_rate_limit_hits_total{route="/stats"}', by: 2, act: async () => Promise.all(Array.from({length: 3}, look))},
])('$sample grows by $by', async ({sample, by, act}) => {
  const before = await metric(api, sample)
  await act()
  expect(await waitUntil('the sample to move', async () => (await metric(api, sample)) - before)).toBe(by)
})

it('seconds add up beside each count, and are as long as the request took', async () => {
  for (const name of ['sparkone_http_request_latency_seconds', 'sparkone_request_duration_seconds']) {
    const seconds = await metric(api, `${name}_sum{method="POST",route="/v1/messages"}`)
    expect(seconds).toBeGreaterThan(0.0005)
    expect(seconds).toBeLessThan(5)
  }
  expect(await metric(api, 'sparkone_message_processing_duration_seconds_sum')).toBeGreaterThan(0.0001)
})

it('failures of the Notion sync are counted as errors, and as nothing else', async () => {
  await waitUntil('a failure', async () => (await metric(api, 'sparkone_notion_sync_total{status="error"}')) > 0)
  expect(await metric(api, 'sparkone_notion_sync_total{status="success"}')).toBe(0)
})

it('the pool goes from empty to half full and back', async () => {
  const share = () => metric(api, 'sparkone_db_pool_in_use')
  await waitUntil('an empty pool', async () => (await share()) === 0)
  const blocker = new Client({connectionString: DATABASE_URL})
  await blocker.connect()
  await blocker.query('BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE')
  // Not limited as /v1 is, and asks the table that is locked.
  const waiting = ask(api, '/health/database')
  const seen = await waitUntil('a session in use', share)
  await blocker.query('ROLLBACK')
  await blocker.end()
  await waiting
  expect(seen).toBe(0.5)
  expect(await waitUntil('an empty pool again', async () => (await share()) === 0)).toBe(true)
})

it('the process tells its processor time, memory and age', async () => {
  const before = await metric(api, 'process_cpu_seconds_total')
  expect(await waitUntil('processor time', async () => (await metric(api, 'process_cpu_seconds_total')) > before)).toBe(true)
  expect(await metric(api, 'process_resident_memory_bytes')).toBeGreaterThan(20e6)
  expect(Math.abs((await metric(api, 'process_start_time_seconds')) - Date.now() / 1000)).toBeLessThan(300)
})
