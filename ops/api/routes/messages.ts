import {createRoute} from '@hono/zod-openapi'
import {z} from 'zod'
import type {AnswerCache} from '../cache.ts'
import type {Messages} from '../messages.ts'
import type {Metrics} from '../metrics.ts'
import {Problem, refusals} from '../problem.ts'
import {addToRequest} from '../request-context.ts'
import {answersJson, createRouter, requireJson} from '../router.ts'

export interface MessageSources {
  messages: Messages
  cache: AnswerCache
  metrics: Metrics
}

const id = z.int().positive().max(Number.MAX_SAFE_INTEGER)

// PostgreSQL keeps no NUL in text.
const storable = z
  .string()
  .trim()
  .min(1)
  .max(10_000)
  .refine((text) => !text.includes('\0'), 'has a NUL character')

export const newMessageSchema = z.strictObject({channelId: id, authorId: id, body: storable})

const question = z.object({text: storable, limit: z.coerce.number().int().min(1).max(100).default(10)})
const stored = z.object({id: z.int(), createdAt: z.string()})
const similar = z.object({
  messages: z.array(z.object({id: z.int(), channelId: z.int(), body: z.string(), distance: z.number()})),
})

const add = createRoute({
  method: 'post',
  path: '/',
  tags: ['messages'],
  summary: 'Store a message with its embedding',
  middleware: requireJson,
  request: {body: {required: true, content: {'application/json': {schema: newMessageSchema}}}},
  responses: {201: answersJson('Stored', stored), ...refusals(400, 401, 403, 413, 415, 422, 429, 503)},
})
const find = createRoute({
  method: 'get',
  path: '/similar',
  tags: ['messages'],
  summary: 'Find the messages that are nearest in meaning, nearest first',
  request: {query: question},
  responses: {200: answersJson('Found', similar), ...refusals(400, 401, 429, 503)},
})

/** Returns the routes that store messages and find similar ones. */
export function messageRoutes({messages, cache, metrics}: MessageSources) {
  const app = createRouter()
  app.openapi(add, async (context) => {
    const message = context.req.valid('json')
    addToRequest({channel: message.channelId})
    const session = context.get('session')
    if (session && session.userId !== message.authorId) throw new Problem(403, 'author', 'The author is not the one who is logged in.')
    const start = performance.now()
    const kept = await messages.add(message)
    metrics.messageProcessed((performance.now() - start) / 1000)
    await cache.forget()
    return context.json(kept, 201)
  })
  app.openapi(find, async (context) => {
    const {text, limit} = context.req.valid('query')
    const found = await cache.remember(`similar:${limit}:${text}`, () => messages.similar(text, limit))
    return context.json({messages: found}, 200)
  })
  return app
}
