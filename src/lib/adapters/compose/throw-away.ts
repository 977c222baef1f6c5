import {sharedMemoryOf} from '../../domain/index-memory.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock, DatabaseServer, EphemeralServer, OriginalServer} from '../../ports.ts'
import {randomBytes} from 'node:crypto'
import {PostgresServer} from '../postgres/server.ts'
import {admitVisitor} from '../postgres/visitor.ts'
import {ContainerExecutor} from '../process/container.ts'
import {ProgramFailure, type Executor} from '../process/executor.ts'
import {stateIdentity} from '../state-identity.ts'
import type {Container, Docker} from './docker.ts'
import {explainingMemory, killedForMemory, ranOutOfMemory} from './memory-kill.ts'

const throwAwayLabel = 'sparkone.throw-away'
const stateLabel = 'sparkone.state'

/** As `timeout` of coreutils has it. */
const outOfTime = 124
// Two minutes, if each question took no time.
const waitForServer = `
left=1200
until psql --no-psqlrc --quiet --command='SELECT 1' >/dev/null 2>&1; do
  left=$((left - 1))
  [ $left -gt 0 ] || exit ${outOfTime}
  sleep 0.1
done`
/** A run that was killed cannot remove its container, so the container ends by itself in the end. */
const lifetimeSeconds = 24 * 3600

// The image's own entrypoint is left out: every image of PostgreSQL has these programs, but each its own way of starting them.
const startServer = `
set -eu
for bin in "" $(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /opt/bitnami/postgresql/bin 2>/dev/null || true); do
  if [ -z "$bin" ]; then command -v initdb >/dev/null && break; else [ -x "$bin/initdb" ] && PATH="$bin:$PATH" && break; fi
done
export PATH
folder=$(mktemp -d)
initdb "--username=$2" --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C --no-sync --pgdata="$folder/data" >/dev/null
[ -z "$3" ] || echo 'host all all all scram-sha-256' >>"$folder/data/pg_hba.conf"
exec timeout ${lifetimeSeconds} postgres -D "$folder/data" -c "listen_addresses=$3" -c unix_socket_directories=/tmp -c fsync=off \\
  -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c autovacuum=off -c jit=off \\
  -c "shared_preload_libraries=$1"
`

export interface ThrowAwayOptions {
  docker: Docker
  /** The container whose image is used. */
  container: Container
  /** Value of the label, so that a later run finds what this one could not remove. */
  owner: string
  /** State folder: only runs that share its lock may remove what this one left. */
  state: string
  original: OriginalServer
  /** In a network of its own that leads to this machine and nowhere else. */
  reachable: boolean
  /** Processors that it may use; null for all. */
  cpus: number | null
  /** Memory that it may use, shared memory included; null for all. */
  memoryBytes: number | null
  /** Processes that the configuration lets restore at once; null where it says nothing. */
  jobs: number | null
  signal: AbortSignal
  clock: Clock
}

/** Starts PostgreSQL in a container of the very image of the database, without network. Dispose of it on every path. */
export async function startThrowAwayContainer(options: ThrowAwayOptions): Promise<EphemeralServer> {
  const {docker, container, owner} = options
  const labels = labelsOf(owner, await stateIdentity(options.state))
  await using cleanup = new AsyncDisposableStack()
  const network = options.reachable ? await makeNetwork(docker, labels) : 'none'
  if (options.reachable) cleanup.defer(async () => void (await docker.run(['network', 'rm', network])))
  const id = (await docker.run(runArgv(options, labels, network))).trim()
  cleanup.defer(async () => void (await docker.run(['rm', '--force', '--volumes', id])))
  const executor = new ContainerExecutor(docker.executor, id, {owner, user: userOf(container), description: id.slice(0, 12)})
  await untilReady(executor, id, options)
  // Only now, since a server that is starting up refuses many a question.
  const database = serverIn(explainingMemory(executor, docker, id, options.memoryBytes), options)
  const kept = cleanup.move()
  return {
    description: `a container of image ${container.Config.Image} (${container.Image.slice(0, 19)}) without network`,
    database,
    url: async (name) => admitVisitor(database, {host: await addressOf(docker, id), port: 5432}, name),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function serverIn(executor: Executor, {docker, original, cpus, memoryBytes, jobs, signal, clock}: ThrowAwayOptions): DatabaseServer {
  return new PostgresServer({
    executor,
    programs: '',
    connection: connectionOf(original),
    signal,
    clock,
    tablespaces: false,
    checkClientVersion: false,
    // The container sees all processors of the machine, however few it may use.
    staging: {prefix: async () => '/tmp/restore-', share: 1, jobs, processors: cpus ?? Infinity},
    indexMemory: async () => ({memoryBytes: memoryBytes ?? (await memoryOf(docker)), sharedBytes: sharedMemoryOf(memoryBytes)}),
    freeBytes: async () => null,
    ephemeral: async () => {
      throw new OperatorError('bug', 'A throw-away server was asked for another one.')
    },
  })
}

/** Docker may be on another machine than sparkone. */
async function memoryOf(docker: Docker): Promise<number> {
  return Number(await docker.run(['info', '--format', '{{.MemTotal}}'])) || 0
}

function labelsOf(owner: string, identity: string): string[] {
  return ['--label', `${throwAwayLabel}=${owner}`, '--label', `${stateLabel}=${identity}`]
}

/** Internal: nothing in it reaches further than this machine, so that jobs and links in the restored database stay without effect. */
async function makeNetwork(docker: Docker, labels: readonly string[]): Promise<string> {
  const name = `sparkone-throw-away-${randomBytes(6).toString('hex')}`
  await docker.run(['network', 'create', '--internal', ...labels, name])
  return name
}

async function addressOf(docker: Docker, id: string): Promise<string> {
  const text = await docker.run(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id])
  const address = text.trim()
  if (address === '') throw new OperatorError('bug', 'A throw-away server was asked for an address that it does not have.')
  return address
}

/** Removes the containers that runs which died left behind and returns a line for each. Call only while holding the lock. */
export async function sweepThrowAwayContainers(
  docker: Docker,
  {owner, state}: Pick<ThrowAwayOptions, 'owner' | 'state'>,
): Promise<string[]> {
  const containers = await docker.containers({[throwAwayLabel]: owner, [stateLabel]: await stateIdentity(state)})
  for (const {Id} of containers) await docker.run(['rm', '--force', '--volumes', Id])
  const filters = [`label=${throwAwayLabel}=${owner}`, `label=${stateLabel}=${await stateIdentity(state)}`]
  const networks = await docker.run(['network', 'ls', '--quiet', ...filters.flatMap((filter) => ['--filter', filter])])
  for (const network of networks.split('\n').filter(Boolean)) await docker.run(['network', 'rm', network])
  return containers.map(({Name}) => `removed the throw-away container ${Name.replace(/^\//, '')}`)
}

function runArgv(
  {container, original, reachable, cpus, memoryBytes}: ThrowAwayOptions,
  labels: readonly string[],
  network: string,
): string[] {
  const limits = [
    '--network',
    network,
    '--shm-size',
    String(sharedMemoryOf(memoryBytes)),
    '--security-opt',
    'no-new-privileges',
    '--cap-drop',
    'ALL',
  ]
  const command = ['-c', startServer, 'sh', original.sharedPreloadLibraries, original.superuser, reachable ? '*' : '']
  // Without swap: a proof that swaps takes the disk from those whom the machine is there for.
  const memory = memoryBytes === null ? [] : ['--memory', String(memoryBytes), '--memory-swap', String(memoryBytes)]
  const share = [...(cpus === null ? [] : ['--cpus', String(cpus)]), ...memory]
  return ['run', '--detach', ...labels, '--user', userOf(container), ...limits, ...share, '--entrypoint', 'sh', container.Image, ...command]
}

/** PostgreSQL refuses to run as root; images that name no user switch to `postgres` in their entrypoint. */
function userOf({Config}: Container): string {
  return Config.User && !/^(?:0|root)(?::|$)/.test(Config.User) ? Config.User : 'postgres'
}

/** Waits inside the container: each question from outside costs as much as making the cluster does meanwhile. */
async function untilReady(executor: Executor, id: string, {docker, original, signal, memoryBytes}: ThrowAwayOptions): Promise<void> {
  const environment = {...connectionOf(original), PGDATABASE: 'postgres'}
  try {
    await executor.run(['sh', '-c', waitForServer], {environment, signal})
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const running = (await docker.run(['inspect', '--format', '{{.State.Running}}', id])).trim() === 'true'
    if (!running) throw await endedAtOnce(docker, id, memoryBytes)
    if (!(error instanceof ProgramFailure) || error.exitCode !== outOfTime) throw error
    throw new OperatorError('timeout', 'The throw-away server did not get ready within two minutes.')
  }
}

function connectionOf({superuser}: OriginalServer): Record<string, string> {
  return {PGHOST: '/tmp', PGUSER: superuser, PGCONNECT_TIMEOUT: '5'}
}

async function endedAtOnce(docker: Docker, id: string, memoryBytes: number | null): Promise<OperatorError> {
  if (await ranOutOfMemory(docker, id)) return killedForMemory(memoryBytes)
  return new OperatorError('failed', `The throw-away server ended at once: ${await lastWords(docker, id)}`)
}

async function lastWords(docker: Docker, id: string): Promise<string> {
  return (await docker.logs(id, 5)).join(' ').slice(-300)
}
