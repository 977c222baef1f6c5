import type {Pool} from 'pg'
import {databaseAccounts} from './accounts.ts'
import type {Collaborators} from './app.ts'
import {createBreaker, type Breaker} from './breakers.ts'
import {createCache} from './cache.ts'
import type {Config} from './config.ts'
import {databaseProbe, openPool, poolUse} from './database.ts'
import {PublicFailure} from './failure.ts'
import type {Components} from './health.ts'
import {createHostMeter} from './host.ts'
import {log} from './log.ts'
import {databaseMessages, type Measure} from './messages.ts'
import {createMetrics, type Metrics} from './metrics.ts'
import {limitRate, type RateLimits} from './middleware/rate-limit.ts'
import {createNotionSync, synchronize} from './notion.ts'
import {createProfiler} from './profiler.ts'
import {createLimiter} from './rate-limit.ts'
import {openRedis, type RedisStore} from './redis.ts'
import {examineAll} from './routes/health.ts'
import {createSessions, databaseSessions, redisSessions} from './sessions.ts'
import {createMeasure, type ErrorReporter, type Tracing} from './telemetry.ts'
import {keepEvent} from './webhooks.ts'
import {clusterMetrics} from './workers.ts'

export interface Services {
  tracing: Tracing | null
  reporter: ErrorReporter | null
  isDraining(): boolean
}

export interface Assembled {
  collaborators: Collaborators
  /** Ends all connections. */
  release(): Promise<void>
}

/** Returns everything that the app works with, over real services. */
export function assemble(config: Config, {tracing, reporter, isDraining}: Services): Assembled {
  const pool = openPool(config.DATABASE_URL, config.DATABASE_POOL_SIZE)
  const breakers = createBreakers(config)
  const redis = openConfiguredRedis(config, breakers.redis)
  const profiler = createProfiler(profilerSettings(config), ({operation, seconds}) => log('warn', 'a slow operation', {operation, seconds}))
  const measure = createMeasure(profiler, reporter, config.SENTRY_SLOW_SECONDS)
  const probes = createProbes(pool, redis, breakers.notion)
  const metrics = createMetrics({
    poolInUse: () => poolUse(pool),
    breakers: breakers.states,
    components: async () => up(await examineAll(probes)),
    gather: clusterMetrics(),
  })
  const collaborators: Collaborators = {
    probes,
    breakers: breakers.states,
    host: createHostMeter(),
    isDraining,
    messages: databaseMessages(pool, measure),
    cache: createCache(redis, config.CACHE_SECONDS, metrics.cacheAsked),
    metrics,
    profiler,
    limits: createLimits(config, redis, metrics),
    ...sessionSources(config, pool, redis),
    webhooks: webhookSources(config, pool, measure, metrics),
    notion: notionSource(config, pool, breakers.notion, metrics, measure),
    corsOrigins: config.CORS_ORIGINS,
    requireLogin: config.REQUIRE_LOGIN,
    trace: tracing?.middleware ?? null,
    report: (error) => reporter?.report(error),
  }
  return {
    collaborators,
    async release() {
      redis?.close()
      await pool.end()
    },
  }
}

interface Breakers {
  redis: Breaker
  /** null where Notion is not configured. */
  notion: Breaker | null
  states(): ReturnType<Breaker['state']>[]
}

function createBreakers(config: Config): Breakers {
  const redis = createBreaker('redis', {
    failures: config.REDIS_CIRCUIT_BREAKER_FAILURES,
    resetSeconds: config.REDIS_CIRCUIT_BREAKER_RESET_SECONDS,
  })
  const notion = isNotionOn(config)
    ? createBreaker('notion', {
        failures: config.NOTION_CIRCUIT_BREAKER_FAILURES ?? config.CIRCUIT_BREAKER_FAILURES,
        resetSeconds: config.NOTION_CIRCUIT_BREAKER_RESET_SECONDS ?? config.CIRCUIT_BREAKER_RESET_SECONDS,
      })
    : null
  const used = [...(config.REDIS_URL === undefined ? [] : [redis]), ...(notion ? [notion] : [])]
  return {redis, notion, states: () => used.map((breaker) => breaker.state())}
}

function openConfiguredRedis(config: Config, breaker: Breaker): RedisStore | null {
  if (config.REDIS_URL === undefined) return null
  const address = {
    url: config.REDIS_URL,
    authority: config.REDIS_CA,
    sentinels: config.REDIS_SENTINELS,
    sentinelGroup: config.REDIS_SENTINEL_GROUP,
    sentinelPassword: config.REDIS_SENTINEL_PASSWORD,
  }
  return openRedis(address, breaker)
}

function profilerSettings(config: Config) {
  return {
    enabled: config.PROFILER_ENABLED,
    slowSeconds: config.PROFILER_SLOW_QUERY_THRESHOLD,
    maxHistory: config.PROFILER_MAX_HISTORY,
  }
}

// Notion is not asked for each look at our health: what its breaker knows is enough.
function createProbes(pool: Pool, redis: RedisStore | null, notion: Breaker | null): Collaborators['probes'] {
  return {
    database: databaseProbe(pool),
    redis: redis?.probe ?? null,
    ...(notion && {
      async notion() {
        const {state, retryAt} = notion.state()
        if (state === 'open') throw new PublicFailure(`left alone until ${retryAt}`)
      },
    }),
  }
}

function up(components: Components): Record<string, boolean> {
  const used = Object.entries(components).filter(([, {status}]) => status !== 'disabled')
  return Object.fromEntries(used.map(([name, {status}]) => [name, status === 'ok']))
}

function createLimits(config: Config, redis: RedisStore | null, metrics: Metrics): RateLimits {
  const limit = (name: string, quota: number) => {
    const policy = {name, quota, windowSeconds: 60}
    return limitRate(policy, createLimiter(policy, redis), config.TRUSTED_PROXIES, metrics)
  }
  return {
    general: limit('general', config.RATE_LIMIT_PER_MINUTE),
    heavy: limit('heavy', config.RATE_LIMIT_HEAVY_PER_MINUTE),
    login: limit('login', config.RATE_LIMIT_LOGIN_PER_MINUTE),
  }
}

function sessionSources(
  config: Config,
  pool: Pool,
  redis: RedisStore | null,
): Pick<Collaborators, 'accounts' | 'sessions' | 'secureCookies'> {
  const settings = {lifetimeSeconds: config.SESSION_LIFETIME_SECONDS, rotationSeconds: config.SESSION_ROTATION_SECONDS}
  const store = redis ? redisSessions(redis) : databaseSessions(pool)
  return {accounts: databaseAccounts(pool), sessions: createSessions(store, settings), secureCookies: config.SESSION_COOKIE_SECURE}
}

function webhookSources(config: Config, pool: Pool, measure: Measure, metrics: Metrics): Collaborators['webhooks'] {
  const settings = {secrets: config.WEBHOOK_SECRETS, toleranceSeconds: config.WEBHOOK_TOLERANCE_SECONDS}
  return {
    settings,
    async accept(id, event) {
      const start = performance.now()
      await keepEvent(pool, {id, event, settings, measure})
      if (event.type === 'message.received') metrics.messageProcessed((performance.now() - start) / 1000)
    },
  }
}

function notionSource(config: Config, pool: Pool, breaker: Breaker | null, metrics: Metrics, measure: Measure): Collaborators['notion'] {
  const {NOTION_TOKEN: token, NOTION_DATA_SOURCE_ID: dataSourceId} = config
  if (token === undefined || dataSourceId === undefined || breaker === null) return null
  const sync = createNotionSync(
    {token, dataSourceId, baseUrl: config.NOTION_BASE_URL, timeoutSeconds: config.NOTION_TIMEOUT_SECONDS},
    pool,
    breaker,
  )
  return () => measure('notion.sync', null, () => synchronize(sync, metrics))
}

function isNotionOn({NOTION_TOKEN, NOTION_DATA_SOURCE_ID}: Config): boolean {
  return NOTION_TOKEN !== undefined && NOTION_DATA_SOURCE_ID !== undefined
}
