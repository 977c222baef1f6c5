import {collectDefaultMetrics, Counter, Gauge, Histogram, Registry} from 'prom-client'

export interface Metrics {
  observe(request: {method: string; route: string; status: number; seconds: number}): void
  /** Returns the exposition text and its content type. */
  render(): Promise<{text: string; contentType: string}>
}

/** Returns the metrics of one process; `poolInUse` gives 0 to 1 at the moment of a scrape. */
export function createMetrics(poolInUse: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({register: registry})
  const requests = new Counter({
    name: 'sparkone_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const latency = new Histogram({
    name: 'sparkone_http_request_latency_seconds',
    help: 'Seconds from the arrival of a request to its answer.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [registry],
  })
  void new Gauge({
    name: 'sparkone_db_pool_in_use',
    help: 'Share of the database pool in use, 0 to 1.',
    registers: [registry],
    collect() {
      this.set(poolInUse())
    },
  })
  return {
    observe({method, route, status, seconds}) {
      requests.inc({method, route, status})
      latency.observe({method, route}, seconds)
    },
    render: async () => ({text: await registry.metrics(), contentType: registry.contentType}),
  }
}
