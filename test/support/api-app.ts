import type {Accounts} from '../../ops/api/accounts.ts'
import {createApp, type Collaborators} from '../../ops/api/app.ts'
import {createCache} from '../../ops/api/cache.ts'
import {configureLog} from '../../ops/api/log.ts'
import type {Messages, NewMessage} from '../../ops/api/messages.ts'
import {createMetrics, type MetricSources} from '../../ops/api/metrics.ts'
import {limitRate} from '../../ops/api/middleware/rate-limit.ts'
import {createProfiler} from '../../ops/api/profiler.ts'
import {createLimiter} from '../../ops/api/rate-limit.ts'
import {createSessions, type Session, type SessionStore} from '../../ops/api/sessions.ts'

// Its lines would bury those of a test that fails.
configureLog({level: 'fatal', format: 'json'})

export const works = async () => undefined

export class MessagesInMemory implements Messages {
  readonly added: NewMessage[] = []

  async add(message: NewMessage) {
    if (message.channelId === 404) throw Object.assign(new Error('violates foreign key constraint'), {code: '23503'})
    return {id: this.added.push(message), createdAt: '2026-01-01T00:00:00.000Z'}
  }

  async similar(text: string, count: number) {
    return this.added.slice(0, count).map(({channelId, body}, id) => ({id, channelId, body, distance: body === text ? 0 : 1}))
  }

  async statistics() {
    return {users: 0, channels: 0, messages: this.added.length, attachments: 0, events: 0, newestMessageAt: null}
  }
}

/** Forgets nothing by itself, so that a test sees what was kept for how long. */
export class SessionsInMemory implements SessionStore {
  readonly kept = new Map<string, {session: Session; seconds: number}>()

  async get(digest: string) {
    return this.kept.get(digest)?.session ?? null
  }

  async put(digest: string, session: Session, seconds: number) {
    this.kept.set(digest, {session, seconds})
  }

  async delete(digest: string) {
    this.kept.delete(digest)
  }
}

const accounts: Accounts = {
  identify: async (email, password) => (password === 'correct horse' ? {userId: email.length, name: 'Member'} : null),
}

export const idleHost = async () => ({
  cpu: {usedPercent: 5, cores: 2, load1: 0.1},
  memory: {usedPercent: 40, totalBytes: 1000, availableBytes: 600},
  disk: {usedPercent: 50, totalBytes: 1000, availableBytes: 500},
  process: {residentBytes: 100, uptimeSeconds: 1},
})

export interface AppOptions extends Partial<Collaborators> {
  quotas?: {general?: number; heavy?: number; login?: number}
  trustedProxies?: number
  metricSources?: Partial<MetricSources>
  now?: () => number
}

/** Returns the API over memory, and what asks it. */
export function startApp({quotas = {}, trustedProxies = 1, metricSources = {}, now = Date.now, ...given}: AppOptions = {}) {
  const metrics = createMetrics({poolInUse: () => 0.4, breakers: () => [], components: async () => ({}), gather: null, ...metricSources})
  const limit = (name: string, quota = 0) => {
    const policy = {name, quota, windowSeconds: 60}
    return limitRate(policy, createLimiter(policy, null), trustedProxies, metrics)
  }
  const app = createApp({
    probes: {database: works, redis: works},
    breakers: () => [],
    host: idleHost,
    messages: new MessagesInMemory(),
    cache: createCache(null, 0, metrics.cacheAsked),
    metrics,
    profiler: createProfiler({enabled: false, slowSeconds: 0.5, maxHistory: 10}),
    limits: {general: limit('general', quotas.general), heavy: limit('heavy', quotas.heavy), login: limit('login', quotas.login)},
    accounts,
    sessions: createSessions(new SessionsInMemory(), {lifetimeSeconds: 3600, rotationSeconds: 60}, now),
    secureCookies: true,
    webhooks: {settings: {secrets: [], toleranceSeconds: 300}, accept: async () => undefined},
    notion: null,
    corsOrigins: [],
    requireLogin: false,
    trace: null,
    report: () => undefined,
    isDraining: () => false,
    ...given,
  })
  const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, {headers})
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') =>
    app.request(path, {
      method,
      headers: {'content-type': 'application/json', ...headers},
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const post = (body: unknown) => send('/v1/messages', body)
  return {app, get, send, post}
}
