import {chmod, chown, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {stringify} from 'yaml'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import {explainPostgres} from '../postgres/explain.ts'
import {serverIdentity} from '../process/identity.ts'
import {LocalExecutor} from '../process/local.ts'
import {endInBackground, findFreePort, startInBackground, until} from './background.ts'
import {embeddedPrograms, type EmbeddedPrograms} from './embedded-programs.ts'
import {stackSchema, type EmbeddedProcess} from './stack-file.ts'

export interface StackOptions {
  folder: string
  /** The API as one file that node runs: `serve`, `migrate`, `seed`. */
  apiBundle: string
  clock: Clock
  signal: AbortSignal
  report: (detail: string) => void
}

export interface EmbeddedStack {
  folder: string
  /** The sparkone.yml of the stack. */
  configuration: string
  /** Where the programs come from. */
  programs: string
  apiUrl: string
  hasRedis: boolean
}

const database = 'demo'
const user = 'sparkone'
const startLimitMilliseconds = 30_000
/** `sockaddr_un` has room for 108 bytes with the final zero, see unix(7). */
const socketPathLimit = 107

/** Starts PostgreSQL, Redis where it can be had, and the API with a data set, all in one folder. Throws after cleaning up. */
export async function startEmbeddedStack(options: StackOptions): Promise<EmbeddedStack> {
  const {folder, report, signal} = options
  await prepareFolder(folder)
  const programs = await embeddedPrograms({signal, report})
  const started: EmbeddedProcess[] = []
  try {
    return await startServices(options, programs, started)
  } catch (error) {
    await stopProcesses(started, options.clock)
    throw error
  }
}

/** Ends the processes of a stack and removes its folder. Throws `notFound` when there is no stack. */
export async function removeEmbeddedStack(folder: string, clock: Clock): Promise<void> {
  await stopEmbeddedStack(folder, clock)
  await rm(folder, {recursive: true, force: true})
}

/** Ends the processes of a stack; its folder stays. Throws `notFound` when there is no stack. */
export async function stopEmbeddedStack(folder: string, clock: Clock): Promise<void> {
  const text = await readFile(join(folder, 'stack.json'), 'utf8').catch(() => {
    throw new OperatorError('notFound', `There is no stack of sparkone in ${folder}.`)
  })
  await stopProcesses(stackSchema.parse(JSON.parse(text)).processes, clock)
}

async function prepareFolder(folder: string): Promise<void> {
  if (join(folder, '.s.PGSQL.5432').length > socketPathLimit) {
    throw new OperatorError('usage', `${folder} is too long a path for a socket.`, {hint: 'Choose a shorter one with --folder.'})
  }
  await mkdir(folder, {recursive: true, mode: 0o755})
  if ((await readdir(folder)).length > 0)
    throw new OperatorError('refused', `${folder} is not empty.`, {hint: 'Choose another with --folder.'})
  // The server runs as another user when this is root, and must be able to reach its own folder.
  await chmod(folder, 0o755)
}

async function startServices(options: StackOptions, programs: EmbeddedPrograms, started: EmbeddedProcess[]): Promise<EmbeddedStack> {
  const {folder, apiBundle, report} = options
  report('starting PostgreSQL')
  const sockets = await startPostgres(options, programs, started)
  report('starting Redis')
  const redisUrl = programs.redisServer === null ? null : await startRedis(options, programs.redisServer, started)
  report('loading the data')
  const environment = {
    DATABASE_URL: `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(sockets)}`,
    ...(redisUrl === null ? {} : {REDIS_URL: redisUrl}),
  }
  await runApi(options, environment, 'migrate')
  await runApi(options, environment, 'seed')
  report('starting the API')
  const apiUrl = await startApi({...options, apiBundle}, environment, started)
  await writeFile(join(folder, 'stack.json'), JSON.stringify({processes: started}, null, 2))
  const configuration = join(folder, 'sparkone.yml')
  await writeFile(configuration, configurationText({sockets, programs, redisUrl, apiUrl}), {mode: 0o644})
  return {folder, configuration, programs: programs.description, apiUrl, hasRedis: redisUrl !== null}
}

async function startPostgres(
  {folder, clock, signal}: StackOptions,
  {postgresBin}: EmbeddedPrograms,
  started: EmbeddedProcess[],
): Promise<string> {
  const identity = await serverIdentity()
  const sockets = join(folder, 'postgres')
  const data = join(sockets, 'data')
  await mkdir(sockets, {mode: 0o700})
  if (identity) await chown(sockets, identity.uid, identity.gid)
  const executor = new LocalExecutor({workingFolder: sockets, ...(identity ? {identity} : {})})
  const options = [`--username=${user}`, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']
  await executor.run([join(postgresBin, 'initdb'), ...options, `--pgdata=${data}`], {signal}).catch((error: unknown) => {
    throw explainPostgres(error, 'Making a database cluster')
  })
  const settings = ['listen_addresses=', `unix_socket_directories=${sockets}`, 'jit=off'].flatMap((setting) => ['-c', setting])
  const log = join(folder, 'postgres.log')
  const argv = [join(postgresBin, 'postgres'), '-D', data, '-p', '5432', ...settings]
  started.push({service: 'postgres', log, pid: await startInBackground({argv, log, folder: sockets, identity})})
  const environment = {PGHOST: sockets, PGUSER: user}
  const ask = (sql: string) =>
    executor.run([join(postgresBin, 'psql'), '--no-psqlrc', '--dbname=postgres', `--command=${sql}`], {environment, signal})
  const answers = () =>
    ask('SELECT 1').then(
      () => true,
      () => false,
    )
  await until('PostgreSQL', answers, startLimitMilliseconds, clock, signal)
  await ask(`CREATE DATABASE ${database}`)
  return sockets
}

async function startRedis({folder}: StackOptions, program: string, started: EmbeddedProcess[]): Promise<string> {
  const port = await findFreePort()
  const log = join(folder, 'redis.log')
  const argv = [program, '--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  started.push({service: 'redis', log, pid: await startInBackground({argv, log, folder})})
  return `redis://127.0.0.1:${port}`
}

async function startApi({folder, apiBundle, clock, signal}: StackOptions, environment: Record<string, string>, started: EmbeddedProcess[]) {
  const port = await findFreePort()
  const log = join(folder, 'api.log')
  const url = `http://127.0.0.1:${port}`
  const api = {argv: [process.execPath, apiBundle, 'serve'], log, folder, environment: {...environment, PORT: String(port)}}
  started.push({service: 'api', log, pid: await startInBackground(api)})
  const {createHttp} = await import('../http.ts')
  const http = createHttp()
  const answers = () =>
    http.get(`${url}/health`, {timeoutMilliseconds: 2000, signal}).then(
      ({status}) => status === 200,
      () => false,
    )
  await until('The API', answers, startLimitMilliseconds, clock, signal)
  return url
}

async function runApi({apiBundle, folder, signal}: StackOptions, environment: Record<string, string>, command: string): Promise<void> {
  const executor = new LocalExecutor({workingFolder: folder})
  await executor.run([process.execPath, apiBundle, command], {environment, signal}).catch((cause: Error & {stderr?: string}) => {
    if (signal.aborted) throw cause
    throw new OperatorError('failed', `The API could not ${command} its database.`, {
      details: cause.stderr?.split('\n').slice(-3) ?? [],
      cause,
    })
  })
}

/** Last started, first stopped. PostgreSQL ends its sessions on SIGINT and would wait for them on SIGTERM. */
async function stopProcesses(processes: readonly EmbeddedProcess[], clock: Clock): Promise<void> {
  for (const {service, pid} of processes.toReversed()) await endInBackground(pid, service === 'postgres' ? 'SIGINT' : 'SIGTERM', clock)
}

interface Addresses {
  sockets: string
  programs: EmbeddedPrograms
  redisUrl: string | null
  apiUrl: string
}

function configurationText({sockets, programs, redisUrl, apiUrl}: Addresses): string {
  return stringify({
    version: 1,
    project: 'demo',
    environment: 'development',
    runtime: 'embedded',
    embedded: {folder: '.'},
    database: {host: sockets, port: 5432, user, name: database, programs: programs.postgresBin},
    ...(redisUrl === null ? {} : {redis: {url: redisUrl}}),
    api: {url: apiUrl},
    backup: {directory: './backups'},
  })
}
