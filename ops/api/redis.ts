import {Redis, type RedisOptions} from 'ioredis'
import type {Breaker} from './breakers.ts'
import {describeFailure} from './failure.ts'
import type {Probe} from './health.ts'
import {log} from './log.ts'

export interface RedisStore {
  readonly client: Redis
  /** Returns what `work` returns. Throws at once while there is no connection or the breaker is open. */
  run<T>(work: (client: Redis) => Promise<T>): Promise<T>
  probe: Probe
  close(): void
}

export interface RedisAddress {
  url: string
  /** `host:port` of each Sentinel; where there are any, they know the server, and the URL only gives user, password and database. */
  sentinels: readonly string[]
  sentinelGroup: string
}

/** Returns a connection to Redis that keeps trying in the background, at least once a second. */
export function openRedis(address: RedisAddress, breaker: Breaker): RedisStore {
  const client = connect(address)
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    if (describeFailure(error) !== describeFailure(failure)) log('warn', 'Redis cannot be used', {reason: describeFailure(error)})
    failure = error
  })
  client.on('close', () => (failure ??= new Error('closed')))
  client.on('ready', () => (failure = undefined))
  return {
    client,
    async run(work) {
      // A command would queue until the next attempt to connect, and a request cannot wait for that.
      if (client.status !== 'ready') throw failure ?? new Error('closed')
      return breaker.run(() => work(client))
    },
    async probe() {
      // Says at once why there is no connection, instead of queueing until the time is up.
      if (client.status !== 'ready' && failure) throw failure
      await client.ping()
    },
    close: () => client.disconnect(),
  }
}

function connect({url, sentinels, sentinelGroup}: RedisAddress): Redis {
  const options: RedisOptions = {
    connectTimeout: 2_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  }
  if (sentinels.length === 0) return new Redis(url, options)
  const {username, password, pathname, protocol} = new URL(url)
  return new Redis({
    ...options,
    name: sentinelGroup,
    sentinels: sentinels.map((sentinel) => ({host: sentinel.split(':')[0]!, port: Number(sentinel.split(':')[1] ?? 26_379)})),
    ...(username && {username: decodeURIComponent(username)}),
    ...(password && {password: decodeURIComponent(password)}),
    db: Number(pathname.slice(1) || 0),
    ...(protocol === 'rediss:' && {tls: {}, enableTLSForSentinelMode: true}),
  })
}
