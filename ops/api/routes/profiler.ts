import {createRoute} from '@hono/zod-openapi'
import {z} from 'zod'
import {Problem, refusals} from '../problem.ts'
import type {Profiler} from '../profiler.ts'
import {answersJson, createRouter} from '../router.ts'

const slowQuery = z.object({
  operation: z.string(),
  statement: z.string().nullable().describe('SQL without values'),
  startedAt: z.string(),
  seconds: z.number(),
  failed: z.boolean(),
  requestId: z.string().nullable(),
})

const operation = z.object({
  operation: z.string(),
  count: z.int(),
  slow: z.int(),
  failed: z.int(),
  meanSeconds: z.number(),
  p95Seconds: z.number(),
  maxSeconds: z.number(),
  cpuSeconds: z.number().describe('Of the whole process while the operation ran'),
  memoryBytes: z.number().describe('Growth of the whole process while the operation ran'),
})

const report = z.object({
  thresholdSeconds: z.number(),
  maxHistory: z.int(),
  slowQueries: z.array(slowQuery),
  operations: z.array(operation),
})

const slowQueries = createRoute({
  method: 'get',
  path: '/slow-queries',
  tags: ['profiler'],
  summary: 'The slow operations of this process, and a profile of all of them',
  request: {
    query: z.object({
      seconds: z.coerce.number().min(0).max(3_600).optional().describe('Instead of the threshold'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
  },
  responses: {200: answersJson('The profile', report), ...refusals(400, 404)},
})

/** Returns the route of the profiler. Proxies must not pass it on: it is for operators. */
export function profilerRoutes(profiler: Profiler) {
  const app = createRouter()
  app.openapi(slowQueries, (context) => {
    const {enabled, slowSeconds, maxHistory} = profiler.settings
    if (!enabled) throw new Problem(404, 'off', 'The profiler is off: set PROFILER_ENABLED=true.')
    const {seconds = slowSeconds, limit} = context.req.valid('query')
    const slow = profiler.slow(seconds).slice(0, limit)
    return context.json({thresholdSeconds: seconds, maxHistory, slowQueries: slow, operations: profiler.operations()}, 200)
  })
  return app
}
