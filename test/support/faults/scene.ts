import {execa} from 'execa'
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {startHostCluster, startStack, type HostCluster, type Stack, type Testbed} from '../testbed/index.ts'
import {startSparkone, type Run, type RunningSparkone} from './process.ts'
import {fingerprintSql, shopSql} from './shop.ts'

const database = 'shop'

/** A database with rows in it, a configuration and a folder for backups: what a fault needs to happen to. */
export interface Scene extends AsyncDisposable {
  /** sparkone runs here. */
  folder: string
  project: string
  /** The folder that the sets lie in. */
  sets: string
  start(words: readonly string[], options?: SceneRunOptions): RunningSparkone
  /** Runs sparkone to its end; an output that looks like a stack trace is an error whatever the test is about. */
  run(words: readonly string[], options?: SceneRunOptions): Promise<Run>
  /** Runs SQL as the superuser and returns rows as psql prints them unaligned. */
  sql(statements: string, name?: string): Promise<string>
  /** A hash over every row of every table, and over what hangs on them. */
  fingerprint(name?: string): Promise<string>
  /** Drops the databases that restores put aside, as an operator does who is content. */
  dropKept(): Promise<void>
  /** Returns a line for everything that a run left behind: folders, databases, containers, clusters, processes. */
  debris(): Promise<string[]>
}

export interface SceneRunOptions {
  environment?: Readonly<Record<string, string>>
  identity?: {uid: number; gid: number}
}

export interface HostScene extends Scene {
  cluster: HostCluster
  /** Returns a custom-format archive of a database. */
  dump(name: string, ...words: string[]): Promise<Uint8Array>
}

export interface ComposeScene extends Scene {
  stack: Stack
  container: string
  /** Runs a docker command and returns its output. */
  docker(...words: string[]): Promise<string>
}

/** Makes a shop in a throw-away cluster of this machine. */
export async function openHostScene(testbed: Testbed, settings: Record<string, string> = {}): Promise<HostScene> {
  const cluster = await startHostCluster({bin: testbed.hostPostgresBin!, settings})
  const urlOf = (name: string) => Object.assign(new URL(cluster.url), {pathname: `/${encodeURIComponent(name)}`}).href
  const sql = async (statements: string, name = database) => {
    const words = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1']
    return (await execa(path.join(testbed.hostPostgresBin!, 'psql'), [urlOf(name), ...words], {input: statements})).stdout
  }
  await sql(`CREATE DATABASE ${database}`, 'postgres')
  const settingsText = `runtime: host\ndatabase:\n  url: {env: SHOP_URL}\n`
  const scene = await describeScene({sql, settingsText, environment: {SHOP_URL: urlOf(database)}})
  const debris = async () => [...(await scene.leftInFolders()), ...(await leftInServer(sql)), ...(await processesWith(scene.state))]
  const dump = async (name: string, ...words: string[]) => {
    const argv = [`--dbname=${urlOf(name)}`, '--format=custom', ...words]
    return (await execa(path.join(testbed.hostPostgresBin!, 'pg_dump'), argv, {encoding: 'buffer'})).stdout
  }
  const dispose = async () => {
    await cluster[Symbol.asyncDispose]()
    await rm(scene.folder, {recursive: true, force: true})
  }
  return {...scene, cluster, dump, debris, [Symbol.asyncDispose]: dispose}
}

/** Makes a shop in the PostgreSQL of a Compose project. */
export async function openComposeScene(testbed: Testbed): Promise<ComposeScene> {
  const project = `faults${process.pid}`
  const stack = await startStack(testbed, project, {services: ['postgres'], databaseName: database})
  const sql = (statements: string, name = database) => stack.sql(statements, name)
  const docker = async (...words: string[]) => (await execa('docker', words, {env: testbed.environment})).stdout
  const container = await stack.container('postgres')
  const settingsText = `runtime: compose\ncompose: {project: ${project}}\n`
  const scene = await describeScene({sql, settingsText, environment: testbed.environment as Record<string, string>})
  const leftInDocker = async () => {
    const throwAway = await docker(
      'ps',
      '--all',
      '--format',
      '{{.Names}}',
      '--filter',
      `label=sparkone.throw-away=${scene.project}-production`,
    )
    const processes = await docker('exec', container, 'ps', '-eo', 'pid,args')
    const ours = processes.split('\n').filter((line) => /pg_dump|pg_restore|psql/.test(line) && !line.includes('postgres:'))
    return [...lines(throwAway), ...ours]
  }
  const debris = async () => [
    ...(await scene.leftInFolders()),
    ...(await leftInServer(sql)),
    ...(await leftInDocker()),
    ...(await processesWith(scene.state)),
  ]
  const dispose = async () => {
    await stack[Symbol.asyncDispose]()
    await rm(scene.folder, {recursive: true, force: true})
  }
  return {...scene, stack, container, docker, debris, [Symbol.asyncDispose]: dispose}
}

interface SceneParts {
  sql: Scene['sql']
  settingsText: string
  environment: Record<string, string>
}

async function describeScene({sql, settingsText, environment}: SceneParts) {
  await sql(shopSql)
  const folder = await mkdtemp(path.join(tmpdir(), 'fault-'))
  const [state, temporary, backups] = ['state', 'tmp', 'backups'].map((name) => path.join(folder, name)) as [string, string, string]
  await mkdir(temporary)
  // The throw-away clusters that lie in here run as another user.
  await chmod(folder, 0o711)
  await chmod(temporary, 0o1777)
  const project = path.basename(folder).toLowerCase()
  await writeFile(path.join(folder, 'sparkone.yml'), `version: 1\nproject: ${project}\n${settingsText}backup: {directory: ./backups}\n`)
  const store = new DirectoryStore(backups, project, 'production')
  const start = (words: readonly string[], options: SceneRunOptions = {}) =>
    startSparkone(words, {
      cwd: folder,
      environment: {TMPDIR: temporary, SPARKONE_STATE_DIR: state, ...environment, ...options.environment},
      ...(options.identity && {identity: options.identity}),
    })
  const run = async (words: readonly string[], options: SceneRunOptions = {}) => {
    const ended = await start(words, options).ended
    if (/^ {4}at /m.test(ended.stdout + ended.stderr)) throw new Error(`A stack trace was printed:\n${ended.stdout}${ended.stderr}`)
    return ended
  }
  const leftInFolders = async () => [
    ...(await list(store.location)).filter((name) => name.startsWith('.')),
    ...(await list(temporary)).filter((name) => name.startsWith('sparkone-')),
    ...(await list(path.join(state, 'locks'))),
  ]
  const fingerprint = (name?: string) => sql(fingerprintSql, name)
  const dropKept = async () => {
    const names = lines(await sql(`SELECT datname FROM pg_database WHERE datname LIKE '%\\_before\\_%'`, 'postgres'))
    for (const name of names) await sql(`DROP DATABASE ${name}`, 'postgres')
  }
  return {folder, state, project, sets: store.location, start, run, sql, fingerprint, dropKept, leftInFolders}
}

async function leftInServer(sql: Scene['sql']): Promise<string[]> {
  const databases = await sql(`SELECT 'database ' || datname FROM pg_database WHERE datname LIKE '%\\_restoring\\_%'`, 'postgres')
  const sessions = await sql(
    `SELECT 'session ' || pid || ' ' || application_name || ' ' || left(query, 80) FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'bystander'`,
    'postgres',
  )
  return [...lines(databases), ...lines(sessions)]
}

/** Everything that a run starts inherits its environment, which no other process has. */
async function processesWith(state: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await read(pid, 'environ')
      if (!environment.split('\0').includes(`SPARKONE_STATE_DIR=${state}`)) return []
      const words = (await read(pid, 'cmdline')).replaceAll('\0', ' ').slice(0, 120)
      return words === '' ? [] : [`process ${pid} ${words}`]
    }),
  )
  return found.flat()
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean)
}
