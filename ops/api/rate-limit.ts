import {RateLimiterMemory, RateLimiterRedis, RateLimiterRes} from 'rate-limiter-flexible'
import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import type {RedisStore} from './redis.ts'

export interface Policy {
  /** Stands in the RateLimit headers. */
  name: string
  /** Requests per window; 0 means that nothing is limited. */
  quota: number
  windowSeconds: number
}

export interface Allowance {
  allowed: boolean
  remaining: number
  /** Seconds until the window ends, at least 1. */
  resetSeconds: number
}

/** Takes one request of `key` out of its allowance. */
export type Limiter = (key: string) => Promise<Allowance>

/** Returns a limiter that all processes share through Redis, in one round trip; without Redis each process counts for itself. */
export function createLimiter({name, quota, windowSeconds}: Policy, store: RedisStore | null): Limiter {
  const settings = {keyPrefix: `sparkone:limit:${name}`, points: quota, duration: windowSeconds}
  const local = new RateLimiterMemory(settings)
  const shared = store === null ? null : new RateLimiterRedis({...settings, storeClient: store.client})
  return async (key) => {
    if (!store || !shared) return allowance(await take(local, key), quota)
    try {
      return allowance(await store.run(() => take(shared, key)), quota)
    } catch (error) {
      log('debug', 'rate limits are counted by this process alone', {reason: describeFailure(error)})
      return allowance(await take(local, key), quota)
    }
  }
}

async function take(limiter: RateLimiterMemory | RateLimiterRedis, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key)
  } catch (error) {
    // It rejects with a result, not with an error, when the allowance is used up.
    if (error instanceof RateLimiterRes) return error
    throw error
  }
}

function allowance({consumedPoints, remainingPoints, msBeforeNext}: RateLimiterRes, quota: number): Allowance {
  return {allowed: consumedPoints <= quota, remaining: remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000))}
}
