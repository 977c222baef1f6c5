import {SpanStatusCode, trace} from '@opentelemetry/api'
import type {MiddlewareHandler} from 'hono'
import type {Config} from './config.ts'
import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import type {Measure} from './messages.ts'
import type {Profiler} from './profiler.ts'

export interface Tracing {
  middleware: MiddlewareHandler
  /** Sends what is still waiting. */
  stop(): Promise<void>
}

export interface ErrorReporter {
  report(error: Error): void
  /** Tells about an operation that took longer than it ever should. */
  slow(operation: string, seconds: number): void
  /** Sends one event and resolves with whether the server took it. */
  test(): Promise<boolean>
  stop(): Promise<void>
}

/** Returns tracing where an OTLP endpoint is set, else null. Its packages are evaluated only then. */
export async function startTracing(config: Config): Promise<Tracing | null> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return null
  const {createTracing} = await import('./tracing.ts')
  return createTracing(config.OTEL_SERVICE_NAME)
}

/** Returns a reporter to Sentry where a DSN is set, else null. Its packages are evaluated only then. */
export async function startReporting(config: Config): Promise<ErrorReporter | null> {
  if (config.SENTRY_DSN === undefined) return null
  const {createSentryReporter} = await import('./sentry.ts')
  return createSentryReporter(config.SENTRY_DSN, config.SENTRY_ENVIRONMENT)
}

/** Returns a measure that profiles, makes a span of, and reports operations; without a provider a span costs next to nothing. */
export function createMeasure(profiler: Profiler, reporter: ErrorReporter | null, slowSeconds: number): Measure {
  const tracer = trace.getTracer('sparkone-api')
  return (operation, statement, work) =>
    tracer.startActiveSpan(operation, {attributes: statement === null ? {} : {'db.query.text': statement}}, async (span) => {
      const start = performance.now()
      try {
        return await profiler.measure(operation, statement, work)
      } catch (error) {
        span.setStatus({code: SpanStatusCode.ERROR, message: describeFailure(error)})
        throw error
      } finally {
        span.end()
        const seconds = (performance.now() - start) / 1000
        if (seconds > slowSeconds) reporter?.slow(operation, seconds)
      }
    })
}

/** Ends a telemetry service; what it could not send is not worth failing for. */
export async function stopQuietly(service: {stop(): Promise<void>} | null): Promise<void> {
  try {
    await service?.stop()
  } catch (error) {
    log('warn', 'the last telemetry could not be sent', {reason: describeFailure(error)})
  }
}
