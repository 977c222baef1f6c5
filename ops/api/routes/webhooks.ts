import {createRoute} from '@hono/zod-openapi'
import type {MiddlewareHandler} from 'hono'
import {z} from 'zod'
import {Problem, refusals} from '../problem.ts'
import {answersJson, createRouter, requireJson} from '../router.ts'
import {verifyDelivery, type WebhookSettings} from '../webhooks.ts'
import {newMessageSchema} from './messages.ts'

const headers = z.object({
  'webhook-id': z.string().min(1).max(200),
  'webhook-timestamp': z.string().regex(/^\d{1,12}$/),
  'webhook-signature': z.string().min(1).max(2_000),
})

const mostLevels = 32

const event = z.union([
  z.strictObject({type: z.literal('message.received'), data: newMessageSchema}),
  z.strictObject({
    type: z
      .string()
      .regex(/^[a-z][a-z0-9_.]{0,99}$/)
      .refine((type) => type !== 'message.received', 'has other data'),
    data: z
      .record(z.string(), z.unknown())
      .refine((data) => isNestedAtMost(data, mostLevels), `is nested more than ${mostLevels} levels deep`),
  }),
])

export type WebhookEvent = z.infer<typeof event>

export interface WebhookSources {
  settings: WebhookSettings
  /** Keeps the event, or throws a 409 when a delivery with this id came before. */
  accept(id: string, event: WebhookEvent): Promise<void>
}

const accepted = z.object({status: z.literal('accepted')})

/** Returns the route on which other systems tell what happened, signed as standardwebhooks.com describes. */
export function webhookRoutes({settings, accept}: WebhookSources) {
  const app = createRouter()
  const receive = createRoute({
    method: 'post',
    path: '/',
    tags: ['webhooks'],
    summary: 'Receive a signed event, once',
    middleware: [requireJson, requireSignature(settings)] as const,
    request: {headers, body: {required: true, content: {'application/json': {schema: event}}}},
    responses: {202: answersJson('Kept', accepted), ...refusals(400, 401, 404, 409, 413, 415, 422, 429, 503)},
  })
  app.openapi(receive, async (context) => {
    await accept(context.req.valid('header')['webhook-id'], context.req.valid('json'))
    return context.json({status: 'accepted' as const}, 202)
  })
  return app
}

// Before anything else is looked at: what a stranger sends is not worth parsing.
function requireSignature(settings: WebhookSettings): MiddlewareHandler {
  return async (context, next) => {
    if (settings.secrets.length === 0) throw new Problem(404, 'off', 'Webhooks are off: no secret is configured.')
    const header = (name: string) => context.req.header(name) ?? ''
    const ids = {id: header('webhook-id'), timestamp: header('webhook-timestamp'), signatures: header('webhook-signature')}
    verifyDelivery({...ids, body: await context.req.text()}, settings)
    await next()
  }
}

// What is nested without end cannot be written as text again, here and in PostgreSQL.
function isNestedAtMost(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((part) => isNestedAtMost(part, levels - 1))
}
