import {chown, mkdtemp, readdir, rm} from 'node:fs/promises'
import {createHash} from 'node:crypto'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {OperatorError} from '../../errors.ts'
import type {Clock, OriginalServer} from '../../ports.ts'
import type {RunningProgram} from '../process/executor.ts'
import {explainAccess} from '../directory/access.ts'
import {LocalExecutor} from '../process/local.ts'
import {serverIdentity} from '../process/identity.ts'
import {stateIdentity} from '../state-identity.ts'
import {endProcessesIn} from '../process/working-folder.ts'
import {explainPostgres} from './explain.ts'

export interface ClusterOptions {
  /** Folder of initdb, postgres and psql, with a final slash. */
  programs: string
  /** Tells the clusters of one project and environment from those of others. */
  owner: string
  /** State folder: only runs that share its lock may remove what this one left. */
  state: string
  original: OriginalServer
  /** Port of the loopback interface to listen on, for those who know a password; null for the socket alone. */
  port: number | null
  signal: AbortSignal
  clock: Clock
}

export interface LocalCluster extends AsyncDisposable {
  folder: string
  executor: LocalExecutor
  connection: Record<string, string>
}

const startLimitMilliseconds = 60_000
/** Names the socket, nothing more. */
const socketPort = 5432
const pollMilliseconds = 50
/** Nothing here outlives the check, so nothing need survive a crash. */
const throwAwaySettings = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=4GB',
  'autovacuum=off',
  'jit=off',
]

/** Makes and starts a throw-away PostgreSQL that only a socket in its own folder leads to, and a port where one is given. Dispose of it on every path. */
export async function startLocalCluster(options: ClusterOptions): Promise<LocalCluster> {
  const identity = await serverIdentity()
  const folder = await mkdtemp(join(tmpdir(), await clusterPrefix(options)))
  if (identity) await chown(folder, identity.uid, identity.gid)
  const executor = new LocalExecutor({description: folder, workingFolder: folder, ...(identity ? {identity} : {})})
  let server: RunningProgram | undefined
  const dispose = async () => {
    await endProcessesIn(folder, options.clock)
    await server?.stop()
    await rm(folder, {recursive: true, force: true})
  }
  try {
    await initialise(executor, folder, options)
    server = executor.start(serverArgv(folder, options))
    const connection = {
      PGHOST: folder,
      PGPORT: String(options.port ?? socketPort),
      PGUSER: options.original.superuser,
      PGCONNECT_TIMEOUT: '5',
    }
    await untilReady(executor, connection, server, options)
    return {folder, executor, connection, [Symbol.asyncDispose]: dispose}
  } catch (error) {
    await dispose()
    throw explainPostgres(error, 'Starting a throw-away PostgreSQL')
  }
}

/** Ends the clusters that runs which died left behind and returns a line for each. Call only while holding the lock. */
export async function sweepLocalClusters(owner: Owner, clock: Clock): Promise<string[]> {
  const prefix = await clusterPrefix(owner)
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const folder = join(tmpdir(), name)
    await endProcessesIn(folder, clock)
    await explainAccess(folder, () => rm(folder, {recursive: true, force: true}))
  }
  return names.map((name) => `removed the ${name.endsWith('.dump') ? 'staged dump' : 'throw-away PostgreSQL'} ${name}`)
}

type Owner = Pick<ClusterOptions, 'owner' | 'state'>

/** Returns how the folders of throw-away clusters begin that `sweepLocalClusters` removes. */
export async function clusterPrefix({owner, state}: Owner): Promise<string> {
  const hash = createHash('sha256').update(`${owner}@${await stateIdentity(state)}`)
  return `sparkone-${hash.digest('hex').slice(0, 12)}-`
}

async function initialise(executor: LocalExecutor, folder: string, {programs, original, signal}: ClusterOptions): Promise<void> {
  const options = [
    `--username=${original.superuser}`,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ]
  await executor.run([`${programs}initdb`, ...options, `--pgdata=${join(folder, 'data')}`], {signal})
}

function serverArgv(folder: string, {programs, original, port}: ClusterOptions): string[] {
  const settings = [
    ...throwAwaySettings,
    `listen_addresses=${port === null ? '' : '127.0.0.1'}`,
    `unix_socket_directories=${folder}`,
    `shared_preload_libraries=${original.sharedPreloadLibraries}`,
  ]
  return [
    `${programs}postgres`,
    '-D',
    join(folder, 'data'),
    '-p',
    String(port ?? socketPort),
    ...settings.flatMap((setting) => ['-c', setting]),
  ]
}

async function untilReady(executor: LocalExecutor, connection: Record<string, string>, server: RunningProgram, options: ClusterOptions) {
  const {programs, signal, clock} = options
  const deadline = clock.elapsed() + startLimitMilliseconds
  const argv = [`${programs}psql`, '--no-psqlrc', '--dbname=postgres', '--command=SELECT 1']
  const ready = () =>
    executor.run(argv, {environment: connection, signal}).then(
      () => true,
      () => false,
    )
  // A server that ends instead of getting ready rejects at once, with its own words.
  const ended = server.done.then(() => {
    throw new OperatorError('failed', 'The throw-away PostgreSQL ended at once.')
  })
  ended.catch(() => undefined)
  while (!(await Promise.race([ready(), ended]))) {
    if (clock.elapsed() > deadline) throw new OperatorError('timeout', 'The throw-away PostgreSQL did not get ready within a minute.')
    await clock.sleep(pollMilliseconds, signal)
  }
}
