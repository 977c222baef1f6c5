import {randomBytes} from 'node:crypto'
import {Client} from 'pg'
import {embeddedPrograms, type EmbeddedPrograms} from '../../src/lib/adapters/embedded/embedded-programs.ts'
import {runApi, waitUntil, type ApiProcess} from './api-process.ts'
import {startHostCluster} from './testbed/host-cluster.ts'

/** A server with a migrated and filled template, from which each test takes a database of its own. */
export interface ApiDatabases extends AsyncDisposable {
  programs: EmbeddedPrograms
  /** Returns the URL of a fresh database with 40 users, 4 channels and 600 messages. */
  create(): Promise<string>
}

/** Starts PostgreSQL and fills the template. */
export async function startApiDatabases(): Promise<ApiDatabases> {
  const programs = await embeddedPrograms()
  const cluster = await startHostCluster({bin: programs.postgresBin})
  const urlOf = (name: string) => cluster.url.replace(/postgres$/, name)
  await query(cluster.url, 'CREATE DATABASE filled')
  const {exitCode, log} = await runApi(['seed', '--scale', '0.02'], {DATABASE_URL: urlOf('filled')})
  if (exitCode !== 0) throw new Error(log)
  return {
    programs,
    async create() {
      const name = `api_${randomBytes(4).toString('hex')}`
      await query(cluster.url, `CREATE DATABASE ${name} TEMPLATE filled`)
      return urlOf(name)
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

/** Returns the rows that `sql` gives, over a connection of its own. */
export async function query<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({connectionString: url})
  await client.connect()
  try {
    return (await client.query(sql, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

/** Returns status, headers and JSON body of an answer. */
export async function ask(api: Pick<ApiProcess, 'url'>, path: string, init: RequestInit = {}) {
  const reply = await fetch(api.url + path, init)
  const text = await reply.text()
  const isJson = /json/.test(reply.headers.get('content-type') ?? '')
  return {status: reply.status, headers: reply.headers, text, body: (isJson && text ? JSON.parse(text) : {}) as Record<string, unknown>}
}

/** Returns the answer to a body sent as JSON. */
export function send(api: Pick<ApiProcess, 'url'>, path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return ask(api, path, {method: 'POST', headers: {'content-type': 'application/json', ...headers}, body: text})
}

/** Returns the value of a sample in the metrics of an API, and 0 where there is none. */
export async function metric(api: Pick<ApiProcess, 'url'>, sample: string): Promise<number> {
  const {text} = await ask(api, '/metrics')
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

/** Resolves when all that the API needs is there. */
export function isUp(api: Pick<ApiProcess, 'url'>): Promise<unknown> {
  return waitUntil('health', async () => (await ask(api, '/health')).body.status === 'ok')
}
