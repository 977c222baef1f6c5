import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {stringify} from 'yaml'
import {findFreePort} from '../testbed/index.ts'
import {waitUntil} from '../api-process.ts'
import type {MonitoringBox} from './box.ts'
import {readYaml} from './files.ts'

interface PrometheusFile {
  global: Record<string, unknown>
  rule_files: string[]
  alerting: unknown
  scrape_configs: {job_name: string; dns_sd_configs?: unknown; static_configs?: {targets: string[]}[]}[]
}

interface AlertmanagerFile {
  global: unknown
  templates: unknown
  route: Route
  receivers: {name: string}[]
}

interface Route {
  group_wait?: string
  group_interval?: string
  repeat_interval?: string
  routes?: Route[]
}

/** Starts Alertmanager with the routes and inhibitions of the repository, made quick, and every receiver a webhook; returns its address. */
export async function startAlertmanager(box: MonitoringBox, webhook: string): Promise<string> {
  const port = await findFreePort()
  const name = `alertmanager-${port}`
  await writeFile(path.join(box.folder, `${name}.yml`), quickAlertmanager(webhook))
  const words = ['--cluster.listen-address=', `--web.listen-address=127.0.0.1:${port}`, `--storage.path=/tmp/${name}`]
  await box.start(['prometheus-alertmanager', `--config.file=/lab/${name}.yml`, ...words])
  const url = `http://127.0.0.1:${port}`
  await waitUntilReady(url)
  return url
}

/** Returns the configuration of the repository with every receiver a webhook and waits of a second. */
export function quickAlertmanager(webhook: string): string {
  const file = readYaml<AlertmanagerFile>('ops/alertmanager/alertmanager.yml')
  const receivers = file.receivers.map(({name}) => ({name, webhook_configs: [{url: webhook}]}))
  return stringify({...file, global: {}, templates: [], route: hasten(file.route), receivers})
}

function hasten({routes = [], ...route}: Route): Route {
  return {...route, group_wait: '1s', group_interval: '1s', ...(routes.length > 0 && {routes: routes.map(hasten)})}
}

/** Starts Prometheus with the configuration and the rules of the repository, looking each second, at the given targets by job. */
export async function startPrometheus(
  box: MonitoringBox,
  targets: Record<string, string>,
  rules = '/etc/prometheus/rules/*.yml',
): Promise<string> {
  const file = readYaml<PrometheusFile>('ops/prometheus/prometheus.yml')
  const port = await findFreePort()
  const own = {...targets, prometheus: `127.0.0.1:${port}`}
  const scrapes = file.scrape_configs
    .filter(({job_name}) => job_name in own)
    .map(({dns_sd_configs: _names, ...job}) => ({...job, static_configs: [{targets: [own[job.job_name as keyof typeof own]]}]}))
  const settings = {
    ...file,
    global: {...file.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
    rule_files: [rules],
    alerting: {alertmanagers: [{static_configs: [{targets: [targets.alertmanager]}]}]},
    scrape_configs: scrapes,
  }
  await writeFile(path.join(box.folder, 'prometheus.yml'), stringify(settings))
  const words = ['--storage.tsdb.path=/tmp/prometheus', `--web.listen-address=127.0.0.1:${port}`, '--enable-feature=expand-external-labels']
  await box.start(['/usr/bin/prometheus', '--config.file=/lab/prometheus.yml', ...words])
  const url = `http://127.0.0.1:${port}`
  await waitUntilReady(url)
  return url
}

async function waitUntilReady(url: string): Promise<void> {
  // Refused connections are what is waited out.
  const answer = () => fetch(`${url}/-/ready`).catch(() => null)
  await waitUntil(`${url} to be ready`, async () => (await answer())?.ok, 30)
}
