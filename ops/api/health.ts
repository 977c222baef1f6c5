import {z} from '@hono/zod-openapi'
import type {BreakerState} from './breakers.ts'
import {describeFailure} from './failure.ts'
import {hostSchema, type HostUse} from './host.ts'

/** Resolves when the component did what it is for; rejects with the reason otherwise. */
export type Probe = () => Promise<void>

export const componentSchema = z
  .object({
    status: z.enum(['ok', 'down', 'disabled']),
    milliseconds: z.number(),
    message: z.string().optional(),
  })
  .openapi('Component')

const alertSchema = z.object({severity: z.enum(['critical', 'warning']), subject: z.string(), message: z.string()})

export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    components: z.record(z.string(), componentSchema),
    breakers: z.array(z.object({integration: z.string(), state: z.enum(['closed', 'half-open', 'open']), retryAt: z.string().nullable()})),
    host: hostSchema,
    alerts: z.array(alertSchema),
  })
  .openapi('Health')

export type ComponentHealth = z.infer<typeof componentSchema>
export type Health = z.infer<typeof healthSchema>
export type Components = {database: ComponentHealth; redis: ComponentHealth} & Record<string, ComponentHealth>

const probeLimitMilliseconds = 2_000
const criticalPercent = 90
const memoryWarningPercent = 80
const slowMilliseconds = 1_000

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

/** Returns the verdict: without its database the API is down, without another component it is degraded. */
export function summarize(components: Components, breakers: BreakerState[], host: HostUse): Health {
  const isDegraded = Object.values(components).some(({status}) => status === 'down')
  const status = components.database.status === 'down' ? 'down' : isDegraded ? 'degraded' : 'ok'
  const alerts = [...componentAlerts(components), ...breakerAlerts(breakers), ...hostAlerts(host)]
  return {status, components, breakers, host, alerts: alerts.toSorted((one, other) => one.severity.localeCompare(other.severity))}
}

type Alert = Health['alerts'][number]

function componentAlerts(components: Components): Alert[] {
  const used = Object.entries(components).filter(([, {status}]) => status !== 'disabled')
  const down = used.filter(([, {status}]) => status === 'down')
  const isMost = down.length * 2 > used.length
  return used.flatMap(([subject, {status, message, milliseconds}]): Alert[] => {
    if (status === 'down') {
      const severity = isMost || subject === 'database' ? 'critical' : 'warning'
      return [{severity, subject, message: message ?? 'down'}]
    }
    return milliseconds > slowMilliseconds ? [{severity: 'warning', subject, message: `answered after ${milliseconds} ms`}] : []
  })
}

function breakerAlerts(breakers: BreakerState[]): Alert[] {
  return breakers.flatMap(({integration, state, retryAt}): Alert[] =>
    state === 'open' ? [{severity: 'critical', subject: integration, message: `its circuit breaker is open until ${retryAt}`}] : [],
  )
}

function hostAlerts({cpu, memory, disk}: HostUse): Alert[] {
  return Object.entries({cpu, memory, disk}).flatMap(([subject, use]): Alert[] => {
    const message = `${use?.usedPercent} % used`
    if (use && use.usedPercent > criticalPercent) return [{severity: 'critical', subject, message}]
    if (use && subject === 'memory' && use.usedPercent > memoryWarningPercent) return [{severity: 'warning', subject, message}]
    return []
  })
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
