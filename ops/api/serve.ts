import type {Server, ServerOptions} from 'node:http'
import type {AddressInfo} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'
import {createAdaptorServer} from '@hono/node-server'
import {createApp} from './app.ts'
import {prepareClosing} from './closing.ts'
import {assemble} from './collaborators.ts'
import type {Config} from './config.ts'
import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import {migrateUntilDone} from './migrations/at-start.ts'
import {repeat} from './notion.ts'
import {startReporting, startTracing, stopQuietly} from './telemetry.ts'
import {isPrimary, superviseWorkers} from './workers.ts'

const drainLimitMilliseconds = 10_000
// Longer than proxies keep idle connections, so that none of them sends into one that is just being closed.
const keepAliveMilliseconds = 75_000

/** Serves until SIGTERM or SIGINT, then drains; resolves with the exit code: 0, or 1 when requests had to be cut off. */
export async function serve(config: Config): Promise<number> {
  if (isPrimary(config.WORKERS)) return superviseWorkers(config.WORKERS)
  const stopping = new AbortController()
  const leaving = new Leaving()
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  const [tracing, reporter] = await Promise.all([startTracing(config), startReporting(config)])
  const {collaborators, release} = assemble(config, {tracing, reporter, isDraining: () => leaving.isUnderWay})
  const server = createAdaptorServer({fetch: createApp(collaborators).fetch, serverOptions: patience(config)}) as Server
  const close = prepareClosing(server)
  await listen(server, config)
  if (config.MIGRATE_AT_START) void migrateUntilDone(config.DATABASE_URL, stopping.signal)
  if (collaborators.notion) repeat(collaborators.notion, config.NOTION_SYNC_INTERVAL_SECONDS, stopping.signal)
  await stopped
  stopping.abort()
  leaving.begin()
  return drain(close, leaving.left(config.DRAIN_DELAY_MILLISECONDS), async () => {
    await release()
    await Promise.all([stopQuietly(tracing), stopQuietly(reporter)])
  })
}

/** From when on it is not ready any more: since SIGTERM, or since it was asked to leave the proxy and go on serving until then. */
class Leaving {
  #since: number | null = null

  constructor() {
    // Without a handler the signal does nothing, so versions that know nothing of it are not ended by it.
    process.on('SIGURG', () => {
      if (!this.isUnderWay) log('info', 'not ready any more, and serving on')
      this.begin()
    })
  }

  get isUnderWay(): boolean {
    return this.#since !== null
  }

  begin(): void {
    this.#since ??= performance.now()
  }

  /** Returns what is left of the time that a proxy is given. */
  left(milliseconds: number): number {
    return Math.max(0, milliseconds - (performance.now() - (this.#since ?? performance.now())))
  }
}

// Whoever sends slower than this is answered with 408 by Node itself.
function patience({REQUEST_TIMEOUT_SECONDS}: Config): ServerOptions {
  return {
    requestTimeout: REQUEST_TIMEOUT_SECONDS * 1000,
    headersTimeout: Math.min(10, REQUEST_TIMEOUT_SECONDS) * 1000,
    keepAliveTimeout: keepAliveMilliseconds,
    connectionsCheckingInterval: 1_000,
  }
}

async function listen(server: Server, {HOST, PORT}: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(PORT, HOST, resolve)
  })
  log('info', 'listening', {host: HOST, port: (server.address() as AddressInfo).port})
}

// Still answers for a moment with /health/ready at 503, so that a proxy stops sending before the door is shut.
async function drain(close: () => Promise<void>, milliseconds: number, release: () => Promise<void>): Promise<number> {
  log('info', 'draining')
  const limit = delay(milliseconds + drainLimitMilliseconds, 'overdue' as const, {ref: false})
  const drained = delay(milliseconds)
    .then(close)
    .then(release)
    .catch((error: unknown) => log('warn', 'closing failed', {reason: describeFailure(error)}))
  if ((await Promise.race([drained, limit])) === 'overdue') {
    log('error', 'requests were still running at the limit and were cut off')
    return 1
  }
  log('info', 'stopped')
  return 0
}
