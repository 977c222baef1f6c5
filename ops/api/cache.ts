import {Redis} from 'ioredis'
import type {Probe} from './health.ts'
import {log} from './log.ts'
import {describeFailure} from './failure.ts'

export interface Cache {
  probe: Probe
  close(): void
}

/** Returns a connection to Redis that keeps trying in the background, at least once a second. */
export function openCache(url: string): Cache {
  const redis = new Redis(url, {
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  })
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    if (describeFailure(error) !== describeFailure(failure)) log('warn', 'Redis cannot be used', {reason: describeFailure(error)})
    failure = error
  })
  redis.on('close', () => (failure ??= new Error('closed')))
  redis.on('ready', () => (failure = undefined))
  return {
    async probe() {
      // Says at once why there is no connection, instead of queueing until the time is up.
      if (redis.status !== 'ready' && failure) throw failure
      await redis.ping()
    },
    close: () => redis.disconnect(),
  }
}
