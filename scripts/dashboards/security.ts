import {graph, stat, type Board} from './kit.ts'
import {served} from './selectors.ts'

const answered = (statuses: string) => `sum by (route) (rate(sparkone_requests_total{${served},status=~"${statuses}"}[$__rate_interval]))`

const now = [
  stat({
    title: 'Rate-limit hits in 5 minutes',
    expression: 'sum(increase(sparkone_rate_limit_hits_total{job="api"}[5m])) or vector(0)',
    unit: 'short',
    limits: {warning: 20, critical: 50},
    width: 6,
  }),
  stat({
    title: 'Failed logins in 5 minutes',
    expression: 'sum(increase(sparkone_logins_total{job="api",result="failure"}[5m]))',
    unit: 'short',
    limits: {warning: 10, critical: 20},
    width: 6,
  }),
  stat({
    title: 'Refused',
    description: 'Share of requests answered with 401, 403 or 429.',
    expression: `sum(rate(sparkone_requests_total{${served},status=~"401|403|429"}[5m])) / sum(rate(sparkone_requests_total{${served}}[5m]))`,
    unit: 'percentunit',
    width: 6,
  }),
  stat({
    title: 'Certificate with the least time left',
    expression: 'min(max by (cn, sans) (traefik_tls_certs_not_after{job="traefik"}) - time())',
    unit: 's',
    limits: {warning: 28 * 86_400, critical: 10 * 86_400, below: true},
    width: 6,
  }),
]

const limits = [
  graph({
    title: 'Rate-limit hits by route',
    unit: 'reqps',
    series: {'{{route}}': 'sum by (route) (rate(sparkone_rate_limit_hits_total{job="api"}[$__rate_interval]))'},
  }),
  graph({
    title: 'Logins',
    unit: 'reqps',
    series: {'{{result}}': 'sum by (result) (rate(sparkone_logins_total{job="api"}[$__rate_interval]))'},
  }),
]

const answers = [
  graph({title: 'Not allowed in (401, 403)', unit: 'reqps', series: {'{{route}}': answered('401|403')}, width: 8}),
  graph({title: 'Other mistakes of clients (4xx)', unit: 'reqps', series: {'{{route}}': answered('4(0[0245-9]|1.|2[0-8])')}, width: 8}),
  graph({title: 'Failures (5xx)', unit: 'reqps', series: {'{{route}}': answered('5..')}, width: 8}),
]

const proxy = [
  graph({
    title: 'Requests at the proxy by status',
    description: 'Addresses of clients are in the access log of the proxy; as a label they would make a series for each of them.',
    unit: 'reqps',
    series: {'{{code}}': 'sum by (code) (rate(traefik_entrypoint_requests_total{job="traefik"}[$__rate_interval]))'},
    width: 8,
  }),
  graph({
    title: 'Open connections at the proxy',
    unit: 'short',
    series: {'{{entrypoint}}': 'sum by (entrypoint) (traefik_open_connections{job="traefik"})'},
    width: 8,
  }),
  graph({
    title: 'Time left of each certificate',
    unit: 's',
    series: {'{{cn}}': 'max by (cn, sans) (traefik_tls_certs_not_after{job="traefik"}) - time()'},
    width: 8,
  }),
]

export const security: Board = {
  name: 'security',
  title: 'Security',
  description: 'Who is turned away and how often: rate limits, logins, refused requests, and the certificates.',
  rows: {Now: now, 'Limits and logins': limits, Answers: answers, Proxy: proxy},
}
