import {graph, stat, type Board} from './kit.ts'
import {percentile, served} from './selectors.ts'

const latency = 'sparkone_http_request_latency_seconds'

const now = [
  stat({title: 'API instances', expression: 'sum(up{job="api"})', unit: 'short', limits: {critical: 1, below: true}, width: 3}),
  stat({title: 'Requests', expression: 'api:requests:rate5m', unit: 'reqps', width: 3}),
  stat({
    title: 'Failed',
    description: 'Share of requests answered with 5xx over 5 minutes.',
    expression: 'api:errors:rate5m / api:requests:rate5m',
    unit: 'percentunit',
    limits: {warning: 0.005, critical: 0.05},
    width: 3,
  }),
  stat({title: 'p95', expression: 'api:latency_p95_seconds:5m', unit: 's', limits: {warning: 0.5, critical: 2}, width: 3}),
  stat({
    title: 'Components down',
    expression: 'count(min by (component) (sparkone_component_up{job="api"}) == 0) or 0 * count(sparkone_component_up{job="api"})',
    unit: 'short',
    limits: {warning: 1, critical: 2},
    width: 3,
  }),
  stat({
    title: 'Alerts',
    description: 'Critical and warning alerts that fire now.',
    expression: 'count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)',
    unit: 'short',
    limits: {warning: 1, critical: 3},
    width: 3,
  }),
  stat({
    title: 'Newest proof',
    description: 'Age of the newest proof of a backup.',
    expression: 'time() - max(sparkone_backup_last_proof_timestamp_seconds)',
    unit: 's',
    limits: {warning: 90_000, critical: 93_600},
    width: 3,
  }),
  stat({
    title: 'Budget left',
    description: 'The smallest error budget of the objectives, over 30 days.',
    expression: 'min(slo:budget_left:30d)',
    unit: 'percentunit',
    limits: {warning: 0.5, critical: 0.1, below: true},
    width: 3,
  }),
]

const api = [
  graph({
    title: 'Requests by status',
    unit: 'reqps',
    series: {'{{status}}': `sum by (status) (rate(sparkone_requests_total{${served}}[$__rate_interval]))`},
  }),
  graph({
    title: 'Latency',
    unit: 's',
    series: {p50: percentile(0.5, latency, served), p95: percentile(0.95, latency, served), p99: percentile(0.99, latency, served)},
    limits: {warning: 1, critical: 2},
  }),
]

const dependencies = [
  graph({
    title: 'Components',
    description: '1 while the component answers the API.',
    unit: 'short',
    series: {'{{component}}': 'min by (component) (sparkone_component_up{job="api"})'},
    maximum: 1,
    width: 6,
  }),
  graph({
    title: 'Circuit breakers',
    description: '0 closed, 1 half-open, 2 open.',
    unit: 'short',
    series: {'{{integration}}': 'max by (integration) (sparkone_circuit_breaker_state{job="api"})'},
    maximum: 2,
    width: 6,
  }),
  graph({
    title: 'Database pool',
    unit: 'percentunit',
    series: {'{{instance}}': 'sparkone_db_pool_in_use{job="api"}'},
    limits: {critical: 0.8},
    maximum: 1,
    width: 6,
  }),
  graph({
    title: 'Found in the cache',
    unit: 'percentunit',
    series: {
      hits: 'sum(rate(sparkone_cache_requests_total{job="api",result="hit"}[30m])) / sum(rate(sparkone_cache_requests_total{job="api"}[30m]))',
    },
    limits: {critical: 0.8, below: true},
    maximum: 1,
    width: 6,
  }),
]

const system = [
  graph({
    title: 'Processors',
    unit: 'percentunit',
    series: {'{{instance}}': 'instance:cpu_used:ratio'},
    limits: {warning: 0.7, critical: 0.9},
    maximum: 1,
    width: 8,
  }),
  graph({
    title: 'Memory',
    unit: 'percentunit',
    series: {'{{instance}}': 'instance:memory_used:ratio'},
    limits: {warning: 0.85, critical: 0.9},
    maximum: 1,
    width: 8,
  }),
  graph({
    title: 'Disks',
    unit: 'percentunit',
    series: {'{{mountpoint}}': 'instance:disk_used:ratio'},
    limits: {warning: 0.8, critical: 0.9},
    maximum: 1,
    width: 8,
  }),
]

const business = [
  graph({
    title: 'Messages stored',
    unit: 'reqps',
    series: {messages: 'sum(rate(sparkone_message_processing_duration_seconds_count{job="api"}[$__rate_interval]))'},
    width: 8,
  }),
  graph({
    title: 'Notion syncs in 5 minutes',
    unit: 'short',
    series: {'{{status}}': 'sum by (status) (increase(sparkone_notion_sync_total{job="api"}[5m]))'},
    width: 8,
  }),
  graph({
    title: 'Logins in 5 minutes',
    unit: 'short',
    series: {'{{result}}': 'sum by (result) (increase(sparkone_logins_total{job="api"}[5m]))'},
    width: 8,
  }),
]

export const overview: Board = {
  name: 'overview',
  title: 'Overview',
  description: 'Is all well? What users see, what the API depends on, the machine underneath, and what the product does.',
  rows: {Now: now, API: api, 'What it depends on': dependencies, System: system, Business: business},
}
