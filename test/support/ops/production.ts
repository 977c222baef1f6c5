import {cp, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {execa} from 'execa'
import {parse, stringify} from 'yaml'
import {findFreePort, imageName, type Testbed} from '../testbed/index.ts'
import {quickAlertmanager} from '../monitoring/live.ts'
import {opsFolder} from './compose-files.ts'
import {makeVersion, type VersionOptions} from './versions.ts'

const source = path.resolve(opsFolder, '..')
const override = path.resolve(import.meta.dirname, '../stack/override.prod.yml')
/** Volumes that the shipped images hand to their users, which an image of one's own does not. */
const owners = {
  database: '999:999',
  redis: '999:1000',
  prometheus: '65534:65534',
  alertmanager: '65534:65534',
  'backup-state': '999:999',
  'backup-scratch': '999:999',
  textfile: '999:999',
}

export interface Production extends AsyncDisposable {
  project: string
  /** The operator's copy of ops/, where sparkone is run. */
  folder: string
  environment: Record<string, string>
  /** Ports on 127.0.0.1: the proxy's for the world, its own for the machine, and Prometheus. */
  ports: Record<'http' | 'https' | 'local' | 'prometheus', number>
  compose(...words: string[]): Promise<string>
  /** Makes a version of the API that can be deployed. */
  release(version: string, options?: VersionOptions): Promise<void>
  /** Tells nginx to ask for names whenever the replicas change, which the nginx that is shipped does by itself; ends on disposal. */
  followNames(): AsyncDisposable
}

/** Prepares a copy of ops/ as the guide tells an operator to, with nginx as the proxy, and brings it up; everything in it is as shipped but for the override. */
export async function startProduction(testbed: Testbed, project: string, settings: Record<string, string> = {}): Promise<Production> {
  const folder = await mkdtemp(path.join(tmpdir(), 'production-'))
  const ports = {
    http: await findFreePort(),
    https: await findFreePort(),
    local: await findFreePort(),
    prometheus: await findFreePort(),
    alertmanager: await findFreePort(),
  }
  await copyFiles(folder, ports)
  await writeEnvironment(folder, project, ports, settings)
  const environment = {...testbed.environment} as Record<string, string>
  const compose = async (...words: string[]) => (await execa('docker', ['compose', ...words], {cwd: folder, env: environment})).stdout
  const release = (version: string, options?: VersionOptions) =>
    makeVersion({from: imageName, to: `${project}-api:${version}`, bundle: path.join(source, 'dist/demo/api.mjs')}, environment, options)
  const dispose = async () => {
    await compose('down', '--volumes', '--remove-orphans', '--timeout', '1')
    const images = await execa('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `${project}-api`], {env: environment})
    for (const image of images.stdout.split('\n').filter(Boolean))
      await execa('docker', ['image', 'rm', '--force', image], {env: environment})
    await rm(folder, {recursive: true, force: true})
  }
  try {
    await execa('sh', ['prepare.sh'], {cwd: folder})
    await release('v1')
    await compose('create', '--no-build')
    await ownVolumes(project, environment)
    await compose('up', '--detach', '--wait', '--wait-timeout', '180')
  } catch (error) {
    const said = await compose('logs', '--tail', '20').catch(() => '')
    await dispose()
    throw new Error(`The production stack did not come up.\n${said}`, {cause: error})
  }
  return {project, folder, environment, ports, compose, release, followNames: () => followNames(compose), [Symbol.asyncDispose]: dispose}
}

async function copyFiles(folder: string, ports: Record<string, number>): Promise<void> {
  const names = ['docker-compose.prod.yml', 'prepare.sh', 'sparkone.yml', 'nginx', 'redis', 'prometheus', 'backup']
  for (const name of names) await cp(path.join(opsFolder, name), path.join(folder, name), {recursive: true})
  await cp(override, path.join(folder, 'override.prod.yml'))
  await cp(path.join(import.meta.dirname, 'receiver.mjs'), path.join(folder, 'receiver.test.mjs'))
  const configuration = await readFile(path.join(folder, 'sparkone.yml'), 'utf8')
  const own = configuration
    .replace(':8088', `:${ports.local}`)
    .replace(':9090', `:${ports.prometheus}`)
    .replace('/var/backups/sparkone', path.join(folder, 'backups'))
    .replace('files: [docker-compose.prod.yml]', 'files: [docker-compose.prod.yml, override.prod.yml]')
    // No registry is asked: images are tagged here.
    .replace('deploy:\n', 'deploy:\n  pull: missing\n')
  await writeFile(path.join(folder, 'sparkone.yml'), own, {mode: 0o644})
  await writeFile(
    path.join(folder, 'upstream.test.conf'),
    'upstream api { zone api 64k; least_conn; server api:8000 max_fails=2 fail_timeout=5s; keepalive 32; }\n',
  )
  await writeFile(path.join(folder, 'sparkone.test.sh'), '#!/bin/sh\nexec node /opt/sparkone/bin/run.js "$@"\n', {mode: 0o755})
  await hastenMonitoring(folder)
}

/** Makes Prometheus and Alertmanager as quick as a test, leaves out what cannot be had here, and sends every alert to the receiver. */
async function hastenMonitoring(folder: string): Promise<void> {
  const file = path.join(folder, 'prometheus/prometheus.yml')
  const shipped = parse(await readFile(file, 'utf8')) as {global: object; scrape_configs: {job_name: string}[]}
  const scrapes = shipped.scrape_configs.filter(({job_name}) => !['cadvisor', 'traefik'].includes(job_name))
  const often = {scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s'}
  const quick = stringify({...shipped, global: {...shipped.global, ...often}, scrape_configs: scrapes})
  await writeFile(file, quick.replaceAll(/refresh_interval: \w+/g, 'refresh_interval: 2s'))
  const rules = path.join(folder, 'prometheus/rules/api.yml')
  await writeFile(rules, (await readFile(rules, 'utf8')).replaceAll(/for: \d+m/g, 'for: 6s'))
  await mkdir(path.join(folder, 'alertmanager'))
  await writeFile(path.join(folder, 'alertmanager/alertmanager.yml'), quickAlertmanager('http://receiver:9000/'))
}

async function writeEnvironment(
  folder: string,
  project: string,
  ports: Record<string, number>,
  settings: Record<string, string>,
): Promise<void> {
  const variables = {
    COMPOSE_FILE: 'docker-compose.prod.yml:override.prod.yml',
    COMPOSE_PROFILES: 'nginx',
    COMPOSE_PROJECT_NAME: project,
    STACK_IMAGE: imageName,
    API_IMAGE: `${project}-api`,
    SPARKONE_VERSION: 'v1',
    SPARKONE_SOURCE: source,
    SPARKONE_DOMAIN: 'api.example.com',
    HTTP_PORT: String(ports.http),
    HTTPS_PORT: String(ports.https),
    LOCAL_PORT: String(ports.local),
    PROMETHEUS_PORT: String(ports.prometheus),
    ALERTMANAGER_PORT: String(ports.alertmanager),
    API_REPLICAS: '2',
    API_WORKERS: '1',
    API_MEMORY: '512m',
    // All requests of a test come from one address.
    RATE_LIMIT_PER_MINUTE: '0',
    BACKUP_DIRECTORY: path.join(folder, 'backups'),
    ...settings,
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(path.join(folder, '.env'), lines.join(''), {mode: 0o600})
}

// After the containers are made, because making one gives an empty volume the owner of the folder in its image.
async function ownVolumes(project: string, environment: Record<string, string>): Promise<void> {
  const mounts = Object.keys(owners).flatMap((volume) => ['--volume', `${project}_${volume}:/volumes/${volume}`])
  const script = Object.entries(owners).map(([volume, owner]) => `chown ${owner} /volumes/${volume}`)
  const words = ['run', '--rm', ...mounts, '--entrypoint', 'sh', imageName, '-ec', script.join('\n')]
  await execa('docker', words, {env: environment})
}

function followNames(compose: Production['compose']): AsyncDisposable {
  const stopping = new AbortController()
  async function follow(): Promise<void> {
    let known = ''
    while (!stopping.signal.aborted) {
      const addresses = await compose('exec', '-T', 'nginx', 'sh', '-c', 'getent ahostsv4 api | cut -d " " -f 1 | sort -u')
      if (addresses !== known) await compose('exec', '-T', 'nginx', 'nginx', '-s', 'reload')
      known = addresses
      // An abort ends the wait early.
      await delay(1_000, undefined, {signal: stopping.signal}).catch(() => undefined)
    }
  }
  const following = follow()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await following
    },
  }
}
