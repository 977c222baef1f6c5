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
  sentinelPassword?: string | undefined
  /** Certificates in PEM that vouch for the servers; the public authorities do where there are none. */
  authority?: string | undefined
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

function connect({url, authority, ...sentinels}: RedisAddress): Redis {
  const tls = url.startsWith('rediss:') ? {tls: authority === undefined ? {} : {ca: authority}} : {}
  const options: RedisOptions = {
    ...tls,
    connectTimeout: 2_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  }
  if (sentinels.sentinels.length === 0) return new Redis(url, options)
  return new Redis({...options, ...credentials(new URL(url)), ...behindSentinels(sentinels, options)})
}

function credentials({username, password, pathname}: URL): RedisOptions {
  return {
    ...(username && {username: decodeURIComponent(username)}),
    ...(password && {password: decodeURIComponent(password)}),
    db: Number(pathname.slice(1) || 0),
  }
}

function behindSentinels(
  {sentinels, sentinelGroup, sentinelPassword}: Omit<RedisAddress, 'url'>,
  {tls}: Pick<RedisOptions, 'tls'>,
): RedisOptions {
  return {
    name: sentinelGroup,
    sentinels: sentinels.map((sentinel) => {
      const {hostname, port} = new URL(`redis://${sentinel}`)
      return {host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 26_379)}
    }),
    ...(sentinelPassword !== undefined && {sentinelPassword}),
    // Where the servers speak TLS, so do those that watch them.
    ...(tls && {enableTLSForSentinelMode: true, sentinelTLS: tls}),
    sentinelRetryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  }
}
