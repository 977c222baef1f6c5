import {context, propagation, trace} from '@opentelemetry/api'
import {AsyncLocalStorageContextManager} from '@opentelemetry/context-async-hooks'
import {W3CTraceContextPropagator} from '@opentelemetry/core'
import {OTLPTraceExporter} from '@opentelemetry/exporter-trace-otlp-http'
import {resourceFromAttributes} from '@opentelemetry/resources'
import {BatchSpanProcessor, TracerProvider} from '@opentelemetry/sdk-trace'
import {httpInstrumentationMiddleware} from '@hono/otel'
import type {Tracing} from './telemetry.ts'

/** Returns tracing over OTLP; the exporter reads OTEL_EXPORTER_OTLP_ENDPOINT and its kin by itself. */
export function createTracing(serviceName: string): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({'service.name': serviceName}),
    spanProcessors: [new BatchSpanProcessor({exporter: new OTLPTraceExporter()})],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return {middleware: httpInstrumentationMiddleware({serviceName}), stop: () => provider.shutdown()}
}
