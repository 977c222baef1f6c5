import {Hono, type Context, type MiddlewareHandler} from 'hono'
import {bodyLimit} from 'hono/body-limit'
import {routePath} from 'hono/route'
import {describeFailure, isUnavailable} from './failure.ts'
import {log} from './log.ts'
import type {Messages} from './messages.ts'
import type {Metrics} from './metrics.ts'
import {healthRoutes, type HealthSources} from './routes/health.ts'
import {messageRoutes} from './routes/messages.ts'

export interface Collaborators extends HealthSources {
  messages: Messages
  metrics: Metrics
}

/** Returns the whole API over its collaborators. */
export function createApp(collaborators: Collaborators): Hono {
  const {messages, metrics, isDraining} = collaborators
  const app = new Hono()
  app.use(observe(metrics, isDraining))
  app.use(bodyLimit({maxSize: 64 * 1024, onError: (context) => context.json({error: 'the body is larger than 64 KiB'}, 413)}))
  app.route('/health', healthRoutes(collaborators))
  app.route('/v1/messages', messageRoutes(messages))
  app.get('/stats', async (context) => context.json(await messages.statistics()))
  app.get('/metrics', async (context) => {
    const {text, contentType} = await metrics.render()
    return context.body(text, 200, {'content-type': contentType})
  })
  app.notFound((context) => context.json({error: 'there is nothing at this address'}, 404))
  app.onError(answerFailure)
  return app
}

function observe(metrics: Metrics, isDraining: () => boolean): MiddlewareHandler {
  return async (context, next) => {
    const start = performance.now()
    await next()
    // Tells clients to take their next request elsewhere, so that draining ends.
    if (isDraining()) context.header('connection', 'close')
    // The route as declared, never the address as asked for, which anybody could fill with new values.
    const route = context.res.status === 404 ? 'unknown' : routePath(context, -1)
    metrics.observe({method: context.req.method, route, status: context.res.status, seconds: (performance.now() - start) / 1000})
  }
}

function answerFailure(error: Error, context: Context): Response {
  if ('code' in error && error.code === '23503') return context.json({error: 'the channel or the author does not exist'}, 422)
  log('error', 'a request failed', {method: context.req.method, path: context.req.path, reason: error.message})
  return context.json({error: describeFailure(error)}, isUnavailable(error) ? 503 : 500)
}
