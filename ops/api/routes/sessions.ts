import {createRoute} from '@hono/zod-openapi'
import {deleteCookie, getCookie, setCookie} from 'hono/cookie'
import type {Context, MiddlewareHandler} from 'hono'
import {z} from 'zod'
import type {Accounts} from '../accounts.ts'
import {log} from '../log.ts'
import type {Metrics} from '../metrics.ts'
import {Problem, refusals} from '../problem.ts'
import {addToRequest} from '../request-context.ts'
import {answersJson, createRouter, requireJson, type Environment} from '../router.ts'
import type {Session, Sessions} from '../sessions.ts'

export interface SessionSources {
  accounts: Accounts
  sessions: Sessions
  metrics: Metrics
  secureCookies: boolean
}

const cookieName = 'sparkone_session'
const tags = ['sessions']
const who = z.object({userId: z.int(), name: z.string(), expiresAt: z.string()})
const credentials = z.strictObject({email: z.string().min(3).max(254), password: z.string().min(1).max(1_000)})

const start = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Log in; the session comes as a cookie',
  middleware: requireJson,
  request: {body: {required: true, content: {'application/json': {schema: credentials}}}},
  responses: {201: answersJson('Logged in', who), ...refusals(400, 401, 413, 415, 429, 503)},
})
const current = createRoute({
  method: 'get',
  path: '/current',
  tags,
  summary: 'Who is logged in',
  responses: {200: answersJson('The one who asks', who), ...refusals(401, 429, 503)},
})
const end = createRoute({
  method: 'delete',
  path: '/current',
  tags,
  summary: 'Log out',
  responses: {204: {description: 'Logged out'}, ...refusals(429, 503)},
})

/** Returns the routes that log in and out. */
export function sessionRoutes(sources: SessionSources) {
  const {accounts, sessions, metrics} = sources
  const app = createRouter()
  app.openapi(start, async (context) => {
    const {email, password} = context.req.valid('json')
    const account = await accounts.identify(email.trim(), password)
    metrics.loggedIn(account ? 'success' : 'failure')
    if (!account) {
      log('warn', 'failed login')
      throw new Problem(401, 'credentials', 'The address or the password is wrong.')
    }
    const before = getCookie(context, cookieName)
    if (before !== undefined) await sessions.end(before)
    const {id, session} = await sessions.start(account)
    addToRequest({userId: session.userId})
    handOut(context, id, session, sources.secureCookies)
    return context.json(tell(session), 201)
  })
  app.use('/current', resumeSession(sources, 'known'))
  app.openapi(current, (context) => {
    const session = context.get('session')
    if (!session) throw new Problem(401, 'session', 'Nobody is logged in.')
    return context.json(tell(session), 200)
  })
  app.openapi(end, async (context) => {
    const id = getCookie(context, cookieName)
    if (id !== undefined) await sessions.end(id)
    deleteCookie(context, cookieName, {path: '/', secure: sources.secureCookies})
    return context.body(null, 204)
  })
  return app
}

/** Returns middleware that finds the session of the cookie; where one is required, others are refused with 401. */
export function resumeSession(
  {sessions, secureCookies}: Pick<SessionSources, 'sessions' | 'secureCookies'>,
  need: 'known' | 'required',
): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const id = getCookie(context, cookieName)
    const resumed = id === undefined ? null : await sessions.resume(id)
    if (resumed) {
      context.set('session', resumed.session)
      addToRequest({userId: resumed.session.userId})
      if (resumed.id !== id) handOut(context, resumed.id, resumed.session, secureCookies)
    } else if (need === 'required') throw new Problem(401, 'session', 'Nobody is logged in.')
    await next()
  }
}

function handOut(context: Context, id: string, {expiresAt}: Session, secure: boolean): void {
  setCookie(context, cookieName, id, {httpOnly: true, secure, sameSite: 'Lax', path: '/', expires: new Date(expiresAt)})
}

function tell({userId, name, expiresAt}: Session): z.infer<typeof who> {
  return {userId, name, expiresAt: new Date(expiresAt).toISOString()}
}
