import type {Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'
import {createAdaptorServer} from '@hono/node-server'
import {createApp} from './app.ts'
import {openCache, type Cache} from './cache.ts'
import type {Config} from './config.ts'
import {databaseProbe, openPool, poolUse} from './database.ts'
import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import {databaseMessages} from './messages.ts'
import {createMetrics} from './metrics.ts'
import {migrateUntilDone} from './migrations/at-start.ts'

const drainLimitMilliseconds = 10_000

/** Serves until SIGTERM or SIGINT, then drains; resolves with the exit code: 0, or 1 when requests had to be cut off. */
export async function serve(config: Config): Promise<number> {
  const stopping = new AbortController()
  const pool = openPool(config.DATABASE_URL, config.DATABASE_POOL_SIZE)
  const cache = config.REDIS_URL === undefined ? null : openCache(config.REDIS_URL)
  const app = createApp({
    probes: {database: databaseProbe(pool), redis: cache?.probe ?? null},
    messages: databaseMessages(pool),
    metrics: createMetrics(() => poolUse(pool)),
    isDraining: () => stopping.signal.aborted,
  })
  const server = createAdaptorServer({fetch: app.fetch}) as Server
  await listen(server, config)
  void migrateUntilDone(config.DATABASE_URL, stopping.signal)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  stopping.abort()
  return drain(server, config.DRAIN_DELAY_MILLISECONDS, async () => {
    closeCache(cache)
    await pool.end()
  })
}

async function listen(server: Server, {HOST, PORT}: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, resolve)
  })
  log('info', 'listening', {host: HOST, port: (server.address() as AddressInfo).port})
}

function closeCache(cache: Cache | null): void {
  cache?.close()
}

// Still answers for a moment with /health/ready at 503, so that a proxy stops sending before the door is shut.
async function drain(server: Server, milliseconds: number, release: () => Promise<void>): Promise<number> {
  log('info', 'draining')
  const limit = delay(drainLimitMilliseconds, 'overdue' as const, {ref: false})
  const drained = delay(milliseconds)
    .then(() => new Promise((resolve) => server.close(resolve)))
    .then(release)
    .catch((error: unknown) => log('warn', 'closing failed', {reason: describeFailure(error)}))
  if ((await Promise.race([drained, limit])) === 'overdue') {
    log('error', 'requests were still running at the limit and were cut off')
    return 1
  }
  log('info', 'stopped')
  return 0
}
