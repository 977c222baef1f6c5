import {describeFailure} from './failure.ts'

/** Resolves when the component did what it is for; rejects with the reason otherwise. */
export type Probe = () => Promise<void>

export interface ComponentHealth {
  status: 'ok' | 'down' | 'disabled'
  milliseconds: number
  message?: string
}

export interface Health {
  status: 'ok' | 'degraded' | 'down'
  components: {database: ComponentHealth; redis: ComponentHealth}
}

const probeLimitMilliseconds = 2_000

/** Returns what the probe showed, after two seconds at most. A probe of `null` is a component that is not configured. */
export async function examine(probe: Probe | null, limitMilliseconds = probeLimitMilliseconds): Promise<ComponentHealth> {
  if (probe === null) return {status: 'disabled', milliseconds: 0, message: 'not configured; the API works without it'}
  const start = performance.now()
  const took = () => Math.round((performance.now() - start) * 10) / 10
  try {
    await within(limitMilliseconds, probe())
    return {status: 'ok', milliseconds: took()}
  } catch (error) {
    const message = error === overdue ? `no answer within ${limitMilliseconds} ms` : describeFailure(error)
    return {status: 'down', milliseconds: took(), message}
  }
}

/** Returns the verdict: without its database the API is down, without Redis it is degraded. */
export function summarize(components: Health['components']): Health {
  if (components.database.status !== 'ok') return {status: 'down', components}
  return {status: components.redis.status === 'down' ? 'degraded' : 'ok', components}
}

const overdue = new Error('overdue')

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const {promise, reject} = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(overdue), milliseconds)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
