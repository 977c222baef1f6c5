import {Hono} from 'hono'
import {z} from 'zod'
import type {Messages} from '../messages.ts'

const newMessage = z.strictObject({
  channelId: z.int().positive(),
  authorId: z.int().positive(),
  body: z.string().trim().min(1).max(10_000),
})

const question = z.object({
  text: z.string().trim().min(1).max(10_000),
  limit: z.coerce.number().int().min(1).max(100).default(10),
})

/** Returns the routes that store messages and find similar ones. */
export function messageRoutes(messages: Messages): Hono {
  const app = new Hono()
  app.post('/', async (context) => {
    const body = newMessage.safeParse(await context.req.json().catch(() => null))
    if (!body.success) return context.json(invalid(body.error), 400)
    return context.json(await messages.add(body.data), 201)
  })
  app.get('/similar', async (context) => {
    const query = question.safeParse(context.req.query())
    if (!query.success) return context.json(invalid(query.error), 400)
    return context.json({messages: await messages.similar(query.data.text, query.data.limit)})
  })
  return app
}

function invalid({issues}: z.ZodError): {error: string; problems: string[]} {
  return {error: 'the request is not valid', problems: issues.map(({path, message}) => `${path.join('.') || 'body'}: ${message}`)}
}
