import {OpenAPIHono} from '@hono/zod-openapi'
import type {MiddlewareHandler} from 'hono'
import {invalid, Problem} from './problem.ts'
import type {Session} from './sessions.ts'

/** What middleware leaves for the routes behind it. */
export interface Environment {
  Variables: {requestId: string; session?: Session}
}

/** Returns an empty router whose routes describe themselves, and refuse what does not fit their schemas. */
export function createRouter(): OpenAPIHono<Environment> {
  return new OpenAPIHono<Environment>({
    defaultHook(result) {
      if (!result.success) throw invalid(result.error)
    },
  })
}

/** Refuses bodies of other media types, which also keeps forms of foreign sites out. */
export const requireJson: MiddlewareHandler = async (context, next) => {
  if (!/^application\/json(?:;|$)/i.test(context.req.header('content-type') ?? ''))
    throw new Problem(415, 'media-type', 'The body must be application/json.')
  await next()
}

/** Returns the description of an answer in JSON. */
export function answersJson<Schema>(description: string, schema: Schema) {
  return {description, content: {'application/json': {schema}}}
}
