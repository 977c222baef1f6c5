import {randomBytes} from 'node:crypto'
import {copyFile, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {findFreePort} from './free-port.ts'
import {imageName} from './image.ts'
import {exists, run, waitFor} from './machine.ts'
import type {Testbed} from './index.ts'

const sources = path.join(import.meta.dirname, '..', 'stack')
const defaultBundle = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'demo', 'api.mjs')

/** A running Compose project in a folder of its own that looks like an operator's: compose.yml, .env, prometheus.yml, secrets. */
export interface Stack extends AsyncDisposable {
  project: string
  /** Run sparkone here. */
  folder: string
  composeFile: string
  /** For every child process: DOCKER_HOST, DOCKER_CONFIG and COMPOSE_FILE. */
  environment: Record<string, string>
  apiUrl: string
  prometheusUrl: string
  database: {name: string; user: string; password: string}
  redisPassword: string
  /** Runs a Compose command in the project and returns its standard output. */
  compose(...words: string[]): Promise<string>
  /** Returns the id of the service's container, also when it is stopped. */
  container(service: string): Promise<string>
  /** Runs SQL in the postgres container as its superuser and returns the rows as psql prints them unaligned. */
  sql(statements: string, database?: string): Promise<string>
}

export interface StackOptions {
  /** 1 uses docker-compose 1.x. */
  composeVersion?: 1 | 2
  services?: readonly string[]
  databaseName?: string
  databaseUser?: string
  /** The bundled API. */
  apiBundle?: string
  /** Seconds between two health checks, 2 unless told; each costs the machine more than what it looks at. */
  healthSeconds?: number
  /** Where the project's folder is made; kept on disposal when given. */
  folder?: string
}

/** Returns the argv of a Compose command; version 2 is a plugin of `docker`, version 1 a program. */
function composeArgv(testbed: Testbed, version: 1 | 2, words: readonly string[]): string[] {
  return version === 2 ? ['docker', 'compose', ...words] : [testbed.composeV1 ?? 'docker-compose', ...words]
}

/** Brings a project up from `compose.yml` of the tests, waits until every health check passes (60 s), and returns how to reach it. */
export async function startStack(testbed: Testbed, project: string, options: StackOptions = {}): Promise<Stack> {
  const settings = await writeProject(project, options)
  const stack = describeStack(testbed, project, settings, options)
  const services = options.services ?? []
  try {
    await stack.compose('up', '--detach', ...services)
    await waitUntilHealthy(stack, services)
  } catch (error) {
    const logs = await stack.compose('logs', '--tail', '20').catch(() => '')
    await stack[Symbol.asyncDispose]()
    throw new Error(`The stack ${project} did not come up.\n${logs}`, {cause: error})
  }
  return stack
}

type ProjectSettings = Awaited<ReturnType<typeof writeProject>>

async function writeProject(project: string, options: StackOptions) {
  const bundle = options.apiBundle ?? defaultBundle
  if (!(await exists(bundle))) throw new Error('The API is not bundled yet: run "npm run build".')
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'stack-')))
  const settings = {
    folder,
    name: options.databaseName ?? 'sparkone',
    user: options.databaseUser ?? 'sparkone',
    password: randomBytes(12).toString('hex'),
    redisPassword: randomBytes(12).toString('hex'),
    apiPort: await findFreePort(),
    prometheusPort: await findFreePort(),
  }
  await mkdir(path.join(folder, 'secrets'), {recursive: true})
  for (const file of ['compose.yml', 'prometheus.yml']) await copyFile(path.join(sources, file), path.join(folder, file))
  // Readable by the container's postgres user: Compose mounts a secret file with the mode that it has on the machine.
  await writeFile(path.join(folder, 'secrets', 'postgres_password'), settings.password, {mode: 0o644})
  const environment = {
    COMPOSE_PROJECT_NAME: project,
    STACK_IMAGE: imageName,
    API_BUNDLE: bundle,
    HEALTH_INTERVAL: `${options.healthSeconds ?? 2}s`,
    API_PORT: settings.apiPort,
    PROMETHEUS_PORT: settings.prometheusPort,
    POSTGRES_USER: settings.user,
    POSTGRES_DB: settings.name,
    POSTGRES_PASSWORD: settings.password,
    DATABASE_URL: `postgres://${encodeURIComponent(settings.user)}:${settings.password}@postgres:5432/${encodeURIComponent(settings.name)}`,
    REDIS_PASSWORD: settings.redisPassword,
  }
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(path.join(folder, '.env'), lines.join(''), {mode: 0o600})
  return settings
}

function describeStack(testbed: Testbed, project: string, settings: ProjectSettings, options: StackOptions): Stack {
  const {folder, name, user, password, redisPassword} = settings
  const environment = {...testbed.environment, COMPOSE_FILE: path.join(folder, 'compose.yml')}
  const runIn = async (argv: readonly string[], input = '') =>
    (await execa(argv[0]!, argv.slice(1), {cwd: folder, env: environment, input})).stdout
  const compose = (...words: string[]) => runIn(composeArgv(testbed, options.composeVersion ?? 2, words))
  // As Compose names the first container of a service: asking the engine for it would double what a question costs.
  const postgres = options.composeVersion === 1 ? `${project}_postgres_1` : `${project}-postgres-1`
  const container = async (service: string) => {
    const filters = [`label=com.docker.compose.project=${project}`, `label=com.docker.compose.service=${service}`]
    return runIn(['docker', 'ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((filter) => ['--filter', filter])])
  }
  const sql = (statements: string, database = name) => {
    const words = [
      'psql',
      '--username',
      user,
      '--dbname',
      database,
      '-X',
      '--quiet',
      '--no-align',
      '--tuples-only',
      '-v',
      'ON_ERROR_STOP=1',
    ]
    return runIn(['docker', 'exec', '--interactive', postgres, ...words], statements)
  }
  const dispose = async () => {
    await compose('down', '--volumes', '--remove-orphans', '--timeout', '5')
    if (options.folder === undefined) await rm(folder, {recursive: true, force: true})
  }
  return {
    project,
    folder,
    environment,
    redisPassword,
    compose,
    container,
    sql,
    composeFile: environment.COMPOSE_FILE,
    apiUrl: `http://127.0.0.1:${settings.apiPort}`,
    prometheusUrl: `http://127.0.0.1:${settings.prometheusPort}`,
    database: {name, user, password},
    [Symbol.asyncDispose]: dispose,
  }
}

async function waitUntilHealthy(stack: Stack, services: readonly string[]): Promise<void> {
  await waitFor(`the stack ${stack.project} to be healthy`, 60, async () => {
    const states = await containerStates(stack)
    const wanted = services.length > 0 ? states.filter(({service}) => services.includes(service)) : states
    const failed = wanted.find(({state}) => state === 'exited' || state === 'restarting')
    if (failed) throw new Error(`${failed.service} ended.`)
    return wanted.length > 0 && wanted.every(({health}) => health === 'healthy' || health === 'none')
  })
}

async function containerStates(stack: Stack): Promise<{service: string; state: string; health: string}[]> {
  const ids = (
    await run(['docker', 'ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${stack.project}`], stack.environment)
  )
    .split('\n')
    .filter((id) => id !== '')
  if (ids.length === 0) return []
  const format =
    '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}'
  const lines = (await run(['docker', 'inspect', '--format', format, ...ids], stack.environment)).split('\n')
  return lines.map((line) => {
    const [service = '', state = '', health = ''] = line.split(' ')
    return {service, state, health}
  })
}
