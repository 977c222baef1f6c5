import {graph, stat, type Board} from './kit.ts'

const seen = [
  stat({
    title: 'PostgreSQL answers',
    expression: 'min(sparkone_component_up{job="api",component="database"})',
    unit: 'short',
    limits: {critical: 1, below: true},
    width: 6,
  }),
  stat({
    title: 'Redis answers',
    expression: 'min(sparkone_component_up{job="api",component="redis"})',
    unit: 'short',
    limits: {critical: 1, below: true},
    width: 6,
  }),
  stat({
    title: 'Pool in use',
    expression: 'max(sparkone_db_pool_in_use{job="api"})',
    unit: 'percentunit',
    limits: {warning: 0.6, critical: 0.8},
    width: 6,
  }),
  stat({
    title: 'Fullest disk',
    expression: 'max(instance:disk_used:ratio)',
    unit: 'percentunit',
    limits: {warning: 0.8, critical: 0.9},
    width: 6,
  }),
]

const use = [
  graph({
    title: 'Pool in use by instance',
    unit: 'percentunit',
    series: {'{{instance}}': 'sparkone_db_pool_in_use{job="api"}'},
    limits: {critical: 0.8},
    maximum: 1,
  }),
  graph({
    title: 'Found in the cache',
    description: 'Each miss is a question to the database.',
    unit: 'percentunit',
    series: {
      hits: 'sum(rate(sparkone_cache_requests_total{job="api",result="hit"}[30m])) / sum(rate(sparkone_cache_requests_total{job="api"}[30m]))',
    },
    limits: {critical: 0.8, below: true},
    maximum: 1,
  }),
  graph({
    title: 'Message processing',
    description: 'Mostly the database: the embedding is made in the API, the rest is one insert.',
    unit: 's',
    series: {
      p50: 'histogram_quantile(0.5, sum by (le) (rate(sparkone_message_processing_duration_seconds_bucket{job="api"}[$__rate_interval])))',
      p99: 'histogram_quantile(0.99, sum by (le) (rate(sparkone_message_processing_duration_seconds_bucket{job="api"}[$__rate_interval])))',
    },
  }),
  graph({title: 'Size of the newest backup', unit: 'bytes', series: {'{{project}} {{environment}}': 'sparkone_backup_bytes'}}),
]

const containers = [
  graph({
    title: 'Processor time',
    unit: 'short',
    series: {'{{service}}': 'sum by (service) (rate(container_cpu_usage_seconds_total{service=~"postgres|redis"}[$__rate_interval]))'},
    width: 8,
  }),
  graph({
    title: 'Memory',
    unit: 'bytes',
    series: {'{{service}}': 'sum by (service) (container_memory_working_set_bytes{service=~"postgres|redis"})'},
    width: 8,
  }),
  graph({
    title: 'Disk reads and writes',
    unit: 'Bps',
    series: {
      '{{service}} read': 'sum by (service) (rate(container_fs_reads_bytes_total{service=~"postgres|redis"}[$__rate_interval]))',
      '{{service}} written': 'sum by (service) (rate(container_fs_writes_bytes_total{service=~"postgres|redis"}[$__rate_interval]))',
    },
    width: 8,
  }),
]

export const database: Board = {
  name: 'database',
  title: 'Database',
  description:
    'PostgreSQL and Redis as the API and their containers show them; sessions, locks and slow queries are asked for with sparkone.',
  rows: {'As the API sees them': seen, Use: use, Containers: containers},
}
