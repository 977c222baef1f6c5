import {createRoute} from '@hono/zod-openapi'
import type {OpenAPIHono} from '@hono/zod-openapi'
import {z} from 'zod'
import type {Statistics} from '../messages.ts'
import type {Metrics} from '../metrics.ts'
import {refusals} from '../problem.ts'
import {answersJson, type Environment} from '../router.ts'

const count = z.int().nonnegative()
const statistics = z.object({
  users: count,
  channels: count,
  messages: count,
  attachments: count,
  events: count,
  newestMessageAt: z.string().nullable(),
})

const stats = createRoute({
  method: 'get',
  path: '/stats',
  tags: ['overview'],
  summary: 'How much there is',
  responses: {200: answersJson('Exact counts, at most as old as the cache keeps answers', statistics), ...refusals(401, 429, 503)},
})
const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags: ['overview'],
  summary: 'Metrics for Prometheus',
  responses: {200: {description: 'In the text format', content: {'text/plain': {schema: z.string()}}}},
})

/** Adds the route that counts what there is. */
export function statisticsRoute(app: OpenAPIHono<Environment>, read: () => Promise<Statistics>): void {
  app.openapi(stats, async (context) => context.json(await read(), 200))
}

/** Adds the route that Prometheus scrapes. */
export function metricsRoute(app: OpenAPIHono<Environment>, {render}: Metrics): void {
  app.openapi(metrics, async (context) => {
    const {text, contentType} = await render()
    return context.body(text, 200, {'content-type': contentType}) as never
  })
}

/** Adds the route that describes all routes added before; the document is made once, when somebody first asks. */
export function describeApi(app: OpenAPIHono<Environment>): void {
  const info = {title: 'SparkOne API', version: '1', description: 'Refusals are RFC 9457 problem documents.'}
  let text: string | undefined
  app.get('/openapi.json', (context) => {
    text ??= JSON.stringify(app.getOpenAPI31Document({openapi: '3.1.0', info}))
    return context.body(text, 200, {'content-type': 'application/json'})
  })
}
