import {STATUS_CODES} from 'node:http'
import {z} from '@hono/zod-openapi'
import type {Context} from 'hono'
import type {ContentfulStatusCode} from 'hono/utils/http-status'
import {currentRequest} from './request-context.ts'

/** A problem document as RFC 9457 lays it out. */
const problemSchema = z
  .object({
    type: z.string().describe('Tells kinds of problems apart: urn:sparkone:problem: and a word.'),
    title: z.string().describe('The meaning of the status.'),
    status: z.int(),
    detail: z.string().describe('What was wrong this time, without internals.'),
    requestId: z.string().optional().describe('Stands on each log line of the request.'),
    errors: z
      .array(z.object({pointer: z.string(), detail: z.string()}))
      .optional()
      .describe('Each wrong field, as a JSON pointer.'),
  })
  .openapi('Problem')

type FieldError = NonNullable<z.infer<typeof problemSchema>['errors']>[number]

interface Extra {
  errors?: FieldError[]
  headers?: Record<string, string>
}

/** A refusal whose words were written for the caller. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: ContentfulStatusCode
  readonly kind: string
  readonly extra: Extra

  constructor(status: ContentfulStatusCode, kind: string, detail: string, extra: Extra = {}) {
    super(detail)
    this.status = status
    this.kind = kind
    this.extra = extra
  }
}

/** Returns the problem that says which fields are wrong. */
export function invalid({issues}: z.core.$ZodError): Problem {
  const errors = issues.map(({path, message}) => ({pointer: path.map((part) => `/${String(part)}`).join('') || '/', detail: message}))
  return new Problem(400, 'invalid', 'The request is not valid.', {errors})
}

/** Returns the answer that tells the problem. */
export function answerProblem(context: Context, {status, kind, message, extra}: Problem): Response {
  const body: z.infer<typeof problemSchema> = {
    type: `urn:sparkone:problem:${kind}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    requestId: currentRequest()?.requestId,
    errors: extra.errors,
  }
  return context.body(JSON.stringify(body), status, {...extra.headers, 'content-type': 'application/problem+json'})
}

type Refusals<Status extends number> = Record<
  Status,
  {description: string; content: {'application/problem+json': {schema: typeof problemSchema}}}
>

/** Returns the refusals of a route, for its description in the OpenAPI document. */
export function refusals<Status extends number>(...statuses: Status[]): Refusals<Status> {
  const content = {'application/problem+json': {schema: problemSchema}}
  const entries = statuses.map((status) => [status, {description: STATUS_CODES[status] ?? 'Error', content}])
  return Object.fromEntries(entries) as Refusals<Status>
}
