import {randomUUID} from 'node:crypto'
import type {ServerResponse} from 'node:http'
import type {Context, MiddlewareHandler} from 'hono'
import {matchedRoutes} from 'hono/route'
import {log} from '../log.ts'
import type {Metrics} from '../metrics.ts'
import {withinRequest} from '../request-context.ts'

// Asked every few seconds by machines; their lines would bury those of people.
const quiet = /^\/(?:health|metrics)(?:\/|$)/

/** Returns middleware that gives each request its ids, counts and times it, and writes its line to the log. */
export function observe(metrics: Metrics, isDraining: () => boolean): MiddlewareHandler {
  return (context, next) => {
    const requestId = given(context, 'x-request-id') ?? randomUUID()
    const correlationId = given(context, 'x-correlation-id') ?? requestId
    context.set('requestId', requestId)
    context.header('x-request-id', requestId)
    context.header('x-correlation-id', correlationId)
    return withinRequest({requestId, correlationId}, async () => {
      const start = performance.now()
      await next()
      // Tells clients to take their next request elsewhere, so that draining ends.
      if (isDraining()) context.header('connection', 'close')
      account(context, metrics, start)
    })
  }
}

/** Returns the route as declared, never the address as asked for, which anybody could fill with new values. */
export function routeOf(context: Context): string {
  return matchedRoutes(context).findLast(({path}) => !path.includes('*'))?.path ?? 'unknown'
}

// What a caller sends stands in the log, so only harmless characters are taken over.
function given(context: Context, header: string): string | undefined {
  const id = context.req.header(header)
  return id !== undefined && /^[\w.=-]{1,128}$/.test(id) ? id : undefined
}

function account(context: Context, metrics: Metrics, start: number): void {
  const since = () => (performance.now() - start) / 1000
  const {method} = context.req
  const [route, {status}] = [routeOf(context), context.res]
  metrics.answered({method, route, status, seconds: since()})
  log(quiet.test(context.req.path) ? 'debug' : 'info', 'answered', {method, route, status, milliseconds: Math.round(since() * 1000)})
  const outgoing = (context.env as {outgoing?: ServerResponse} | undefined)?.outgoing
  const finish = () => metrics.finished({method, route, seconds: since()})
  // Closed, not finished: a caller who goes away early has ended the request too.
  if (outgoing) outgoing.once('close', finish)
  else finish()
}
