import {createRoute} from '@hono/zod-openapi'
import type {MiddlewareHandler} from 'hono'
import {z} from 'zod'
import {Problem, refusals} from '../problem.ts'
import {answersJson, createRouter, type Environment} from '../router.ts'

export interface NotionSources {
  /** Copies now; null where Notion is not configured. */
  sync: (() => Promise<{pages: number} | null>) | null
  requireSession: MiddlewareHandler<Environment>
}

const copied = z.object({status: z.enum(['copied', 'running']), pages: z.int()})

/** Returns the route that copies Notion's pages now instead of at the next interval. */
export function notionRoutes({sync, requireSession}: NotionSources) {
  const app = createRouter()
  const start = createRoute({
    method: 'post',
    path: '/sync',
    tags: ['notion'],
    summary: 'Copy the pages that were edited since the last time',
    middleware: requireSession,
    responses: {
      200: answersJson('Copied', copied),
      202: answersJson('Another process is copying', copied),
      ...refusals(401, 404, 429, 502, 503),
    },
  })
  app.openapi(start, async (context) => {
    if (!sync) throw new Problem(404, 'off', 'The Notion sync is off: no token is configured.')
    const done = await sync()
    if (done === null) return context.json({status: 'running' as const, pages: 0}, 202)
    return context.json({status: 'copied' as const, pages: done.pages}, 200)
  })
  return app
}
