import {graph, type Board} from './kit.ts'
import {percentile, served} from './selectors.ts'

const latency = 'sparkone_http_request_latency_seconds'
const processing = 'sparkone_message_processing_duration_seconds'

const requests = [
  graph({
    title: 'Latency',
    unit: 's',
    series: {p50: percentile(0.5, latency, served), p95: percentile(0.95, latency, served), p99: percentile(0.99, latency, served)},
    limits: {warning: 1, critical: 2},
  }),
  graph({
    title: 'p95 by route',
    unit: 's',
    series: {'{{route}}': percentile(0.95, latency, served, ['route'])},
    limits: {warning: 1, critical: 2},
  }),
  graph({
    title: 'Requests by route',
    unit: 'reqps',
    series: {'{{method}} {{route}}': `sum by (method, route) (rate(sparkone_requests_total{${served}}[$__rate_interval]))`},
  }),
  graph({
    title: 'To the last byte',
    description: 'From the arrival of a request to the last byte of its answer; far above the latency, the client or its network is slow.',
    unit: 's',
    series: {'p95 {{route}}': percentile(0.95, 'sparkone_request_duration_seconds', served, ['route'])},
  }),
]

const capacity = [
  graph({
    title: 'Requests per instance',
    description: 'One instance is meant for about 100 requests a second; above that, add one.',
    unit: 'reqps',
    series: {'per instance': 'api:requests:rate5m / on () sum(up{job="api"})'},
    limits: {critical: 100},
    width: 8,
  }),
  graph({
    title: 'Message processing',
    unit: 's',
    series: {p50: percentile(0.5, processing, 'job="api"'), p99: percentile(0.99, processing, 'job="api"')},
    limits: {critical: 10},
    width: 8,
  }),
  graph({
    title: 'Database pool',
    unit: 'percentunit',
    series: {'{{instance}}': 'sparkone_db_pool_in_use{job="api"}'},
    limits: {critical: 0.8},
    maximum: 1,
    width: 8,
  }),
]

const processes = [
  graph({
    title: 'Memory of the API',
    unit: 'bytes',
    series: {'{{instance}}': 'process_resident_memory_bytes{job="api"}'},
    limits: {critical: 1.5e9},
    width: 8,
  }),
  graph({
    title: 'Processor time of the API',
    description: 'Seconds a second: 1 is one processor.',
    unit: 'short',
    series: {'{{instance}}': 'rate(process_cpu_seconds_total{job="api"}[$__rate_interval])'},
    width: 8,
  }),
  graph({
    title: 'Event loop delay, p99',
    unit: 's',
    series: {'{{instance}}': 'nodejs_eventloop_lag_p99_seconds{job="api"}'},
    limits: {critical: 0.1},
    width: 8,
  }),
]

const containers = [
  graph({
    title: 'Processor time by service',
    unit: 'short',
    series: {'{{service}}': 'sum by (service) (rate(container_cpu_usage_seconds_total{service!=""}[$__rate_interval]))'},
  }),
  graph({
    title: 'Memory by service',
    unit: 'bytes',
    series: {'{{service}}': 'sum by (service) (container_memory_working_set_bytes{service!=""})'},
  }),
  graph({
    title: 'Network by service',
    unit: 'Bps',
    series: {
      '{{service}} in': 'sum by (service) (rate(container_network_receive_bytes_total{service!=""}[$__rate_interval]))',
      '{{service}} out': 'sum by (service) (rate(container_network_transmit_bytes_total{service!=""}[$__rate_interval]))',
    },
  }),
  graph({
    title: 'Processors and memory of the machine',
    unit: 'percentunit',
    series: {processors: 'instance:cpu_used:ratio', memory: 'instance:memory_used:ratio'},
    limits: {warning: 0.7, critical: 0.9},
    maximum: 1,
  }),
]

export const performance: Board = {
  name: 'performance',
  title: 'Performance',
  description: 'Where time and resources go: by route, by instance, by container.',
  rows: {Requests: requests, Capacity: capacity, Processes: processes, Containers: containers},
}
