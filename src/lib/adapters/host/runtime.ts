import {statfs} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Config} from '../../config/schema.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock, DatabaseServer, EphemeralOptions, EphemeralServer, OriginalServer, Runtime, ServiceState} from '../../ports.ts'
import {findFreePort} from '../embedded/background.ts'
import {clusterPrefix, startLocalCluster, sweepLocalClusters} from '../postgres/local-cluster.ts'
import {localMemory} from '../postgres/local-memory.ts'
import {PostgresServer} from '../postgres/server.ts'
import {shareOfLiveServer} from '../postgres/staged-archive.ts'
import {admitVisitor} from '../postgres/visitor.ts'
import {endAbandonedSessions, sessionName} from '../postgres/sessions.ts'
import {LocalExecutor} from '../process/local.ts'
import {connectionOf, type Connection} from './connection.ts'
import {findPrograms, type Programs} from './programs.ts'

export interface HostOptions {
  config: Config
  /** State folder, in which the lock lies that a sweep is protected by. */
  state: string
  signal: AbortSignal
  clock: Clock
}

/** PostgreSQL and Redis by URL, with the client programs of this machine. */
export class HostRuntime implements Runtime {
  readonly kind: Runtime['kind'] = 'host'
  readonly description: string
  readonly database: DatabaseServer
  readonly databaseName: string
  readonly #options: HostOptions

  constructor(options: HostOptions, connection: Connection, programs: Programs) {
    const {environment, database} = connection
    this.#options = options
    this.databaseName = database
    this.description = `PostgreSQL at ${environment.PGHOST ?? 'the local socket'}${environment.PGPORT ? `:${environment.PGPORT}` : ''}`
    this.database = hostServer(options, connection, programs)
  }

  static async open(options: HostOptions): Promise<HostRuntime> {
    return new HostRuntime(options, connectionOf(options.config.database), await findPrograms(options.config.database.programs))
  }

  /** Nothing is known of processes that somebody else starts. */
  async services(): Promise<ServiceState[]> {
    return []
  }

  async logs(service: string): Promise<string[]> {
    throw new OperatorError('notFound', `The logs of ${service} are not known in the host runtime.`, {
      hint: `Try journalctl --unit=${service}`,
    })
  }

  async control(service: string): Promise<void> {
    throw new OperatorError('notFound', `The service ${service} is not known in the host runtime.`, {
      hint: 'Set restore.before and restore.after to programs that do it.',
    })
  }

  async redis(command: readonly string[]): Promise<string> {
    const {redis} = this.#options.config
    if (!redis?.url) throw new OperatorError('notFound', 'No Redis is configured.', {hint: 'Set redis.url or REDIS_URL.'})
    const {askRedis} = await import('./redis.ts')
    return askRedis(redis, redis.url.reveal(), command)
  }

  async sweep(): Promise<string[]> {
    const {config, state, clock} = this.#options
    const sessions = await endAbandonedSessions(this.database, ownerOf(config), clock)
    return [...sessions, ...(await sweepLocalClusters({owner: ownerOf(config), state}, clock))]
  }
}

function hostServer({config, state, signal, clock}: HostOptions, {environment}: Connection, programs: Programs): DatabaseServer {
  const server: PostgresServer = new PostgresServer({
    executor: new LocalExecutor(),
    programs: programs.bin,
    connection: {...environment, PGAPPNAME: sessionName(ownerOf(config))},
    signal,
    clock,
    checkClientVersion: true,
    nice: config.backup.nice,
    ionice: config.backup.ionice,
    staging: {
      prefix: async () => `${join(tmpdir(), await clusterPrefix({owner: ownerOf(config), state}))}restore-`,
      share: shareOfLiveServer,
      jobs: config.restore.jobs ?? null,
    },
    lockWaitMilliseconds: config.backup.lockWait,
    tablespaces: true,
    freeBytes: () => freeBytesOf(server, environment.PGHOST),
    ephemeral: (original, reach) => throwAwayServer({config, state, signal, clock}, programs, original, reach),
  })
  return server
}

/** Only of a server on this machine can the disk be looked at. */
async function freeBytesOf(server: DatabaseServer, host = '/'): Promise<number | null> {
  if (!host.startsWith('/') && !['localhost', '127.0.0.1', '::1'].includes(host)) return null
  const [row] = await server.query<{folder: string | null}>(
    'postgres',
    `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory', true) END AS folder`,
  )
  if (!row?.folder) return null
  // The folder may be closed to this user, or inside a container that shares the port.
  const space = await statfs(row.folder).catch(() => null)
  return space && space.bavail * space.bsize
}

async function throwAwayServer(
  {config, state, signal, clock}: HostOptions,
  programs: Programs,
  original: OriginalServer,
  {reachable}: EphemeralOptions,
): Promise<EphemeralServer> {
  if (!programs.withServer) {
    throw new OperatorError(
      'unreachable',
      'A backup can only be proven where a PostgreSQL server can be started, and its programs are not here.',
      {
        hint: 'Install them (Debian: apt-get install postgresql), or set database.programs to their folder.',
      },
    )
  }
  const port = reachable ? await findFreePort() : null
  const cluster = await startLocalCluster({programs: programs.bin, owner: ownerOf(config), state, original, port, signal, clock})
  const {executor, connection, folder} = cluster
  const unavailable = async (): Promise<never> => {
    throw new OperatorError('bug', 'A throw-away server was asked for what it does not offer.')
  }
  const freeBytes = async () => null
  const database = new PostgresServer({
    executor,
    programs: programs.bin,
    connection,
    signal,
    clock,
    tablespaces: false,
    checkClientVersion: false,
    staging: {prefix: async () => `${folder}/restore-`, share: 1, jobs: config.restore.jobs ?? null},
    indexMemory: localMemory,
    freeBytes,
    ephemeral: unavailable,
  })
  return {
    description: `a throw-away cluster of ${programs.bin || 'the programs in PATH'}`,
    database,
    url: async (name) => (port === null ? unavailable() : admitVisitor(database, {host: '127.0.0.1', port}, name)),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

function ownerOf({project, environment}: Config): string {
  return `${project}-${environment}`
}
