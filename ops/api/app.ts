import type {Context, MiddlewareHandler} from 'hono'
import {bodyLimit} from 'hono/body-limit'
import {cors} from 'hono/cors'
import {HTTPException} from 'hono/http-exception'
import {secureHeaders} from 'hono/secure-headers'
import type {AnswerCache} from './cache.ts'
import {BreakerOpen} from './breakers.ts'
import {describeFailure, isUnavailable} from './failure.ts'
import {log} from './log.ts'
import type {Messages} from './messages.ts'
import type {Metrics} from './metrics.ts'
import {observe} from './middleware/observe.ts'
import type {RateLimits} from './middleware/rate-limit.ts'
import {stepAside} from './middleware/step-aside.ts'
import {answerProblem, Problem} from './problem.ts'
import type {Profiler} from './profiler.ts'
import {createRouter} from './router.ts'
import {healthRoutes, type HealthSources} from './routes/health.ts'
import {messageRoutes} from './routes/messages.ts'
import {notionRoutes, type NotionSources} from './routes/notion.ts'
import {describeApi, metricsRoute, statisticsRoute} from './routes/overview.ts'
import {profilerRoutes} from './routes/profiler.ts'
import {resumeSession, sessionRoutes, type SessionSources} from './routes/sessions.ts'
import {webhookRoutes, type WebhookSources} from './routes/webhooks.ts'

export interface Collaborators extends HealthSources, Omit<SessionSources, 'metrics'> {
  messages: Messages
  cache: AnswerCache
  metrics: Metrics
  profiler: Profiler
  limits: RateLimits
  webhooks: WebhookSources
  notion: NotionSources['sync']
  /** Origins of browsers that may call; none is allowed unless it is named. */
  corsOrigins: readonly string[]
  requireLogin: boolean
  /** Makes a span of each request, where tracing is on. */
  trace: MiddlewareHandler | null
  /** Tells somebody about a failure that nobody foresaw. */
  report(error: Error): void
}

const bodyLimitBytes = 64 * 1024

/** Returns the whole API over its collaborators. */
export function createApp(collaborators: Collaborators) {
  const {metrics, isDraining, trace, report} = collaborators
  const app = createRouter()
  // Not counted as an answer, because another replica gives it.
  app.use(stepAside(isDraining))
  app.use(observe(metrics, isDraining))
  if (trace) app.use(trace)
  protect(app, collaborators)
  mount(app, collaborators)
  describeApi(app)
  app.notFound((context) => answerProblem(context, new Problem(404, 'not-found', 'There is nothing at this address.')))
  app.onError((error, context) => answerFailure(error, context, report))
  return app
}

function protect(app: ReturnType<typeof createRouter>, {limits, corsOrigins}: Collaborators): void {
  app.use(
    secureHeaders({
      contentSecurityPolicy: {defaultSrc: ["'none'"], frameAncestors: ["'none'"]},
      xFrameOptions: 'DENY',
      // Said by the proxy, which alone knows whether the site is reached by TLS.
      strictTransportSecurity: false,
    }),
  )
  if (corsOrigins.length > 0) app.use(cors({origin: [...corsOrigins], credentials: true, exposeHeaders: ['RateLimit', 'X-Request-Id']}))
  const tooLarge = () => {
    throw new Problem(413, 'too-large', `The body is larger than ${bodyLimitBytes / 1024} KiB.`)
  }
  app.use(bodyLimit({maxSize: bodyLimitBytes, onError: tooLarge}))
  app.use('/v1/*', limits.general)
  app.use('/stats', limits.general)
  app.use('/v1/messages/similar', limits.heavy)
  app.on('POST', '/v1/sessions', limits.login)
}

function mount(app: ReturnType<typeof createRouter>, collaborators: Collaborators): void {
  const {metrics, messages, cache, profiler, webhooks, notion, requireLogin} = collaborators
  const requireSession = resumeSession(collaborators, 'required')
  if (requireLogin) {
    for (const path of ['/stats', '/v1/messages', '/v1/messages/*']) app.use(path, requireSession)
  }
  app.route('/health', healthRoutes(collaborators))
  app.route('/v1/messages', messageRoutes({messages, cache, metrics}))
  app.route('/v1/sessions', sessionRoutes(collaborators))
  app.route('/v1/webhooks', webhookRoutes(webhooks))
  app.route('/v1/notion', notionRoutes({sync: notion, requireSession}))
  app.route('/profiler', profilerRoutes(profiler))
  statisticsRoute(app, () => cache.remember('statistics', () => messages.statistics()))
  metricsRoute(app, metrics)
}

function answerFailure(error: Error, context: Context, report: Collaborators['report']): Response {
  const problem = asProblem(error)
  if (problem.status >= 500) {
    log('error', 'a request failed', {method: context.req.method, path: context.req.path, reason: error.message})
    if (problem.kind === 'unforeseen') report(error)
  }
  return answerProblem(context, problem)
}

function asProblem(error: Error & {code?: unknown}): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException) return new Problem(error.status as 400, 'invalid', 'The request cannot be read.')
  if (error.code === '23503') return new Problem(422, 'reference', 'The channel or the author does not exist.')
  // A number beyond what the column holds.
  if (error.code === '22003') return new Problem(422, 'range', 'A number is out of range.')
  if (error instanceof BreakerOpen) return new Problem(503, 'left-alone', `A service that is needed is ${error.message}.`)
  if (isUnavailable(error)) return new Problem(503, 'unavailable', `A service that is needed is away: ${describeFailure(error)}.`)
  return new Problem(500, 'unforeseen', 'The request failed for a reason that nobody foresaw; the log has it under the request id.')
}
