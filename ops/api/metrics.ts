import {AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry} from 'prom-client'
import type {BreakerState} from './breakers.ts'

export interface Metrics {
  /** Counts an answer; `seconds` lie between the arrival of the request and the first byte of the answer. */
  answered(request: {method: string; route: string; status: number; seconds: number}): void
  /** Counts an answer that was written to its end. */
  finished(request: {method: string; route: string; seconds: number}): void
  messageProcessed(seconds: number): void
  notionSynced(status: 'success' | 'error' | 'skipped'): void
  rateLimited(route: string): void
  cacheAsked(result: 'hit' | 'miss'): void
  loggedIn(result: 'success' | 'failure'): void
  /** Returns the exposition text and its content type. */
  render(): Promise<{text: string; contentType: string}>
}

/** What is read at the moment of a scrape. */
export interface MetricSources {
  /** Share of the pool in use, 0 to 1. */
  poolInUse(): number
  breakers(): BreakerState[]
  /** Which components do their work, by name; those that are not configured are left out. */
  components(): Promise<Record<string, boolean>>
  /** Returns the text of all workers of a cluster; null in a process that serves alone. */
  gather: (() => Promise<string>) | null
}

const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]
const processingBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30]
const stateNumbers: Record<BreakerState['state'], number> = {closed: 0, 'half-open': 1, open: 2}

/** Returns the metrics of one process, which also answers for itself when a cluster's primary gathers those of all workers. */
export function createMetrics(sources: MetricSources): Metrics {
  // Made as an aggregator, because only its constructor makes a worker listen to the primary's question.
  const registry: Registry = new AggregatorRegistry()
  AggregatorRegistry.setRegistries(registry)
  collectDefaultMetrics({register: registry})
  // Gauges named like counters, which promtool rightly minds; the same numbers by type stay.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`)
  registerGauges(registry, sources)
  return {...requestMetrics(registry), ...domainMetrics(registry), render: () => render(registry, sources.gather)}
}

async function render(registry: Registry, gather: MetricSources['gather']): Promise<{text: string; contentType: string}> {
  return {text: gather ? await gather() : await registry.metrics(), contentType: registry.contentType}
}

function requestMetrics(registry: Registry): Pick<Metrics, 'answered' | 'finished' | 'rateLimited' | 'loggedIn'> {
  const requests = counter(registry, 'sparkone_requests_total', 'Requests answered.', ['method', 'route', 'status'])
  const latency = histogram(
    registry,
    'sparkone_http_request_latency_seconds',
    'Seconds from the arrival of a request to the first byte of its answer.',
    latencyBuckets,
  )
  const duration = histogram(
    registry,
    'sparkone_request_duration_seconds',
    'Seconds from the arrival of a request to the last byte of its answer.',
    latencyBuckets,
  )
  const limited = counter(registry, 'sparkone_rate_limit_hits_total', 'Requests refused by a rate limit.', ['route'])
  const logins = counter(registry, 'sparkone_logins_total', 'Attempts to log in.', ['result'])
  for (const result of ['success', 'failure']) logins.inc({result}, 0)
  return {
    answered({method, route, status, seconds}) {
      requests.inc({method, route, status})
      latency.observe({method, route}, seconds)
    },
    finished: ({method, route, seconds}) => duration.observe({method, route}, seconds),
    rateLimited: (route) => limited.inc({route}),
    loggedIn: (result) => logins.inc({result}),
  }
}

function domainMetrics(registry: Registry): Pick<Metrics, 'messageProcessed' | 'notionSynced' | 'cacheAsked'> {
  const processing = new Histogram({
    name: 'sparkone_message_processing_duration_seconds',
    help: 'Seconds to embed and store a message.',
    buckets: processingBuckets,
    registers: [registry],
  })
  const syncs = counter(registry, 'sparkone_notion_sync_total', 'Synchronizations with Notion.', ['status'])
  for (const status of ['success', 'error']) syncs.inc({status}, 0)
  const cache = counter(registry, 'sparkone_cache_requests_total', 'Questions to the cache.', ['result'])
  for (const result of ['hit', 'miss']) cache.inc({result}, 0)
  return {
    messageProcessed: (seconds) => processing.observe(seconds),
    notionSynced: (status) => syncs.inc({status}),
    cacheAsked: (result) => cache.inc({result}),
  }
}

// Among the workers of a cluster, the worst one is the one to tell.
function registerGauges(registry: Registry, {poolInUse, breakers, components}: MetricSources): void {
  const registers = [registry]
  void new Gauge({
    name: 'sparkone_db_pool_in_use',
    help: 'Share of the database pool in use, 0 to 1.',
    aggregator: 'max',
    registers,
    collect() {
      this.set(poolInUse())
    },
  })
  void new Gauge({
    name: 'sparkone_circuit_breaker_state',
    help: 'State of the circuit breaker of an integration: 0 closed, 1 half-open, 2 open.',
    labelNames: ['integration'],
    aggregator: 'max',
    registers,
    collect() {
      for (const {integration, state} of breakers()) this.set({integration}, stateNumbers[state])
    },
  })
  void new Gauge({
    name: 'sparkone_component_up',
    help: 'Whether a component does its work.',
    labelNames: ['component'],
    aggregator: 'min',
    registers,
    async collect() {
      for (const [component, isUp] of Object.entries(await components())) this.set({component}, isUp ? 1 : 0)
    },
  })
}

function counter<Label extends string>(registry: Registry, name: string, help: string, labelNames: Label[]): Counter<Label> {
  return new Counter({name, help, labelNames, registers: [registry]})
}

function histogram(registry: Registry, name: string, help: string, buckets: number[]): Histogram<'method' | 'route'> {
  return new Histogram({name, help, labelNames: ['method', 'route'], buckets, registers: [registry]})
}
