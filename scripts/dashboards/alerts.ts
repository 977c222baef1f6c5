import {graph, stat, table, type Board} from './kit.ts'

const firing = (priority: string) => `count(ALERTS{alertstate="firing",priority="${priority}",alertname!="Watchdog"}) or vector(0)`

const now = [
  stat({title: 'P0: now', expression: firing('P0'), unit: 'short', limits: {critical: 1}}),
  stat({title: 'P1: today', expression: firing('P1'), unit: 'short', limits: {warning: 1, critical: 5}}),
  stat({title: 'P2: this week', expression: firing('P2'), unit: 'short', limits: {warning: 1, critical: 10}}),
  stat({
    title: 'Watchdog',
    description: 'Fires while fresh data arrives and the rules are evaluated: 1 is well.',
    expression: 'count(ALERTS{alertname="Watchdog",alertstate="firing"}) or vector(0)',
    unit: 'short',
    limits: {critical: 1, below: true},
  }),
  stat({title: 'Targets down', expression: 'count(up == 0) or vector(0)', unit: 'short', limits: {critical: 1}}),
  stat({
    title: 'Messages that could not be sent',
    description: 'By Alertmanager, over an hour.',
    expression: 'sum(increase(alertmanager_notifications_failed_total{job="alertmanager"}[1h]))',
    unit: 'short',
    limits: {critical: 1},
  }),
  table({
    title: 'Firing',
    description: 'The page for each is runbooks/<alertname>.md; sparkone runbook for <alertname> shows it.',
    expression: 'ALERTS{alertstate="firing",alertname!="Watchdog"}',
  }),
]

const history = [
  graph({
    title: 'Alerts by name',
    unit: 'short',
    series: {'{{alertname}}': 'count by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})'},
  }),
  graph({
    title: 'Messages sent',
    unit: 'short',
    series: {
      '{{integration}}': 'sum by (integration) (increase(alertmanager_notifications_total{job="alertmanager"}[10m]))',
      '{{integration}} failed': 'sum by (integration) (increase(alertmanager_notifications_failed_total{job="alertmanager"}[10m]))',
    },
  }),
  graph({
    title: 'Targets',
    description: '1 while the target answers Prometheus.',
    unit: 'short',
    series: {'{{job}} {{instance}}': 'up'},
    maximum: 1,
  }),
  graph({
    title: 'Prometheus at work',
    unit: 'short',
    series: {
      'samples a second': 'rate(prometheus_tsdb_head_samples_appended_total{job="prometheus"}[$__rate_interval])',
      'rules that failed in 5 minutes': 'sum(increase(prometheus_rule_evaluation_failures_total{job="prometheus"}[5m]))',
    },
  }),
]

export const alerts: Board = {
  name: 'alerts',
  title: 'Alerts',
  description: 'What fires, what fired, and whether the word gets out.',
  rows: {Now: now, History: history},
}
