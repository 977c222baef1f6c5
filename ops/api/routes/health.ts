import {Hono, type Context} from 'hono'
import {examine, summarize, type ComponentHealth, type Probe} from '../health.ts'

export interface HealthSources {
  probes: {database: Probe; redis: Probe | null}
  isDraining(): boolean
}

/** Returns the routes that say how the API is: 503 whenever it, or the component asked for, cannot do its work. */
export function healthRoutes({probes, isDraining}: HealthSources): Hono {
  const app = new Hono()
  app.get('/', async (context) => {
    const [database, redis] = await Promise.all([examine(probes.database), examine(probes.redis)])
    const health = summarize({database, redis})
    return context.json(health, health.status === 'down' ? 503 : 200)
  })
  app.get('/database', async (context) => answer(context, await examine(probes.database)))
  app.get('/redis', async (context) => answer(context, await examine(probes.redis)))
  app.get('/live', (context) => context.json({status: 'ok'}))
  app.get('/ready', async (context) => {
    if (isDraining()) return context.json({status: 'draining'}, 503)
    return answer(context, await examine(probes.database))
  })
  return app
}

function answer(context: Context, component: ComponentHealth): Response {
  return context.json(component, component.status === 'down' ? 503 : 200)
}
