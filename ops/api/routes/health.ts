import {createRoute} from '@hono/zod-openapi'
import {z} from 'zod'
import type {BreakerState} from '../breakers.ts'
import {componentSchema, examine, healthSchema, summarize, type Components, type Probe} from '../health.ts'
import type {HostMeter} from '../host.ts'
import {answersJson, createRouter} from '../router.ts'

export interface HealthSources {
  /** `null` is a component that is not configured. */
  probes: {database: Probe; redis: Probe | null} & Record<string, Probe | null>
  breakers(): BreakerState[]
  host: HostMeter
  isDraining(): boolean
}

const tags = ['health']
const liveness = z.object({status: z.enum(['ok', 'draining'])})
const whole = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'How the API and all its components are',
  responses: {200: answersJson('It does its work, perhaps without Redis', healthSchema), 503: answersJson('It cannot', healthSchema)},
})
const database = componentRoute('/database')
const redis = componentRoute('/redis')
const live = createRoute({
  method: 'get',
  path: '/live',
  tags,
  summary: 'Whether the process answers at all',
  responses: {200: answersJson('It does', liveness)},
})
const ready = createRoute({
  method: 'get',
  path: '/ready',
  tags,
  summary: 'Whether requests should be sent here',
  responses: {
    200: answersJson('They should', componentSchema),
    503: answersJson('They should go elsewhere', z.union([componentSchema, liveness])),
  },
})

/** Returns the routes that say how the API is: 503 whenever it, or the component asked for, cannot do its work. */
export function healthRoutes(sources: HealthSources) {
  const {probes, isDraining} = sources
  const app = createRouter()
  app.openapi(whole, async (context) => {
    const [components, host] = await Promise.all([examineAll(probes), sources.host()])
    const health = summarize(components, sources.breakers(), host)
    return health.status === 'down' ? context.json(health, 503) : context.json(health, 200)
  })
  app.openapi(database, async (context) => {
    const component = await examine(probes.database)
    return component.status === 'down' ? context.json(component, 503) : context.json(component, 200)
  })
  app.openapi(redis, async (context) => {
    const component = await examine(probes.redis)
    return component.status === 'down' ? context.json(component, 503) : context.json(component, 200)
  })
  app.openapi(live, (context) => context.json({status: 'ok' as const}, 200))
  app.openapi(ready, async (context) => {
    if (isDraining()) return context.json({status: 'draining' as const}, 503)
    const component = await examine(probes.database)
    return component.status === 'down' ? context.json(component, 503) : context.json(component, 200)
  })
  return app
}

/** Returns how every component is, all asked at once. */
export async function examineAll(probes: HealthSources['probes']): Promise<Components> {
  const entries = Object.entries(probes).map(async ([name, probe]) => [name, await examine(probe)])
  return Object.fromEntries(await Promise.all(entries)) as Components
}

function componentRoute<Path extends string>(path: Path) {
  return createRoute({
    method: 'get',
    path,
    tags,
    summary: `How ${path.slice(1)} is`,
    responses: {200: answersJson('It answers, or is not configured', componentSchema), 503: answersJson('It is down', componentSchema)},
  })
}
