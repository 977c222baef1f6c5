import {getConnInfo} from '@hono/node-server/conninfo'
import type {Context, MiddlewareHandler} from 'hono'
import type {Metrics} from '../metrics.ts'
import {Problem} from '../problem.ts'
import type {Limiter, Policy} from '../rate-limit.ts'
import {routeOf} from './observe.ts'

export interface RateLimits {
  general: MiddlewareHandler
  heavy: MiddlewareHandler
  login: MiddlewareHandler
}

/** Returns middleware that refuses with 429 what exceeds the policy, and tells every caller what is left (draft-ietf-httpapi-ratelimit-headers). */
export function limitRate(policy: Policy, limiter: Limiter, trustedProxies: number, metrics: Metrics): MiddlewareHandler {
  const {name, quota, windowSeconds} = policy
  return async (context, next) => {
    if (quota === 0) return next()
    const {allowed, remaining, resetSeconds} = await limiter(clientAddress(context, trustedProxies))
    context.header('RateLimit-Policy', `"${name}";q=${quota};w=${windowSeconds}`, {append: true})
    context.header('RateLimit', `"${name}";r=${remaining};t=${resetSeconds}`, {append: true})
    if (allowed) return next()
    metrics.rateLimited(routeOf(context))
    context.header('Retry-After', String(resetSeconds))
    throw new Problem(429, 'rate-limited', `More than ${quota} requests in ${windowSeconds} s.`)
  }
}

/** Returns the caller's address. Each trusted proxy adds one entry to X-Forwarded-For; what stands before those, anybody could have written. */
function clientAddress(context: Context, trustedProxies: number): string {
  const forwarded = (context.req.header('x-forwarded-for') ?? '').split(',').map((address) => address.trim())
  const named = trustedProxies > 0 ? forwarded.at(-trustedProxies) : undefined
  // Without a socket, as in tests of the app alone, everybody is the same caller.
  return named || (context.env?.incoming ? (getConnInfo(context).remote.address ?? 'unknown') : 'unknown')
}
