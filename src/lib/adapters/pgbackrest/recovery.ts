import {appendFile, chown, mkdir, mkdtemp, rm, statfs, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {formatBytes} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {Recovery, RecoveryRequest} from '../../ports/physical.ts'
import {explainAccess} from '../directory/access.ts'
import {explainPostgres} from '../postgres/explain.ts'
import {clusterPrefix} from '../postgres/local-cluster.ts'
import {PostgresServer} from '../postgres/server.ts'
import {ProgramFailure, type RunningProgram} from '../process/executor.ts'
import {LocalExecutor} from '../process/local.ts'
import {endProcessesIn} from '../process/working-folder.ts'
import type {PgbackrestProgram} from './program.ts'
import {
  programsOf,
  readDemands,
  restoreCommandOf,
  serverArgv,
  socketPort,
  untilRecovered,
  writeSettings,
  type ServerFiles,
} from './recovering-server.ts'
import {explainLog} from './server-log.ts'

export interface RecoveryOptions {
  program: PgbackrestProgram
  /** Tells the throw-aways of one project and environment from those of others. */
  owner: string
  state: string
  /** Folder of PostgreSQL programs that was configured. */
  programs: string | undefined
  signal: AbortSignal
  clock: Clock
}

/** Room beyond the files themselves, for the log that is read meanwhile. */
const spaceMargin = 1.1

/** Restores a backup and recovers it; see `PhysicalEngine.recover`. */
export async function recover(options: RecoveryOptions, request: RecoveryRequest, report: (detail: string) => void): Promise<Recovery> {
  const attempt = new Attempt(options, request, await makeWorkFolder(options))
  try {
    return await attempt.run(report)
  } catch (error) {
    await attempt.discard()
    throw error
  }
}

async function makeWorkFolder({program: {identity}, ...owner}: RecoveryOptions): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), await clusterPrefix(owner)))
  if (identity) await chown(work, identity.uid, identity.gid)
  return work
}

class Attempt {
  readonly #options: RecoveryOptions
  readonly #request: RecoveryRequest
  readonly #executor: LocalExecutor
  #files: ServerFiles
  #server: RunningProgram | undefined
  #kept = false

  constructor(options: RecoveryOptions, request: RecoveryRequest, work: string) {
    const {identity} = options.program
    this.#options = options
    this.#request = request
    this.#files = {work, data: request.beside ?? join(work, 'data'), programs: ''}
    this.#executor = new LocalExecutor({workingFolder: work, ...(identity && {identity})})
  }

  async run(report: (detail: string) => void): Promise<Recovery> {
    const {clock, programs, program} = this.#options
    const begin = clock.elapsed()
    assertSupported(this.#request.backup)
    this.#files.programs = await programsOf(this.#request.backup.majorVersion, programs, this.#executor)
    await this.#assertSpace()
    await this.#restore(report)
    const restored = clock.elapsed()
    report('recovering')
    const database = await this.#start()
    const {stanza} = program.settings
    return {
      description: `a recovery by pgBackRest (stanza ${stanza}) with ${this.#files.programs}postgres`,
      database,
      lastTransactionAt: await lastTransactionIn(database),
      url: (name) => this.#url(name),
      seconds: {restore: (restored - begin) / 1000, recover: (clock.elapsed() - restored) / 1000},
      keep: () => this.#keep(),
      [Symbol.asyncDispose]: () => this.discard(),
    }
  }

  async discard(): Promise<void> {
    const {work, data} = this.#files
    await endProcessesIn(work, this.#options.clock)
    const isBeside = this.#request.beside !== null && !this.#kept
    if (isBeside && (await exists(data))) await endProcessesIn(data, this.#options.clock)
    await this.#server?.stop()
    if (isBeside) await rm(data, {recursive: true, force: true})
    await rm(work, {recursive: true, force: true})
  }

  async #assertSpace(): Promise<void> {
    const {backup} = this.#request
    const place = dirname(this.#files.data)
    const {bavail, bsize} = await explainAccess(place, () => statfs(place))
    const needed = Math.round(backup.databaseBytes * spaceMargin)
    if (bavail * bsize >= needed) return
    throw new OperatorError('noSpace', `Recovery needs about ${formatBytes(needed)}; ${place} has ${formatBytes(bavail * bsize)} free.`, {
      hint:
        this.#request.beside === null
          ? 'Free some space, or set TMPDIR to a larger disk.'
          : 'Free some space beside the data folder of the server.',
    })
  }

  async #restore(report: (detail: string) => void): Promise<void> {
    const {program} = this.#options
    const {backup, beside} = this.#request
    const {data, work} = this.#files
    if (beside !== null) await this.#assertOneFolder()
    await explainAccess(data, () => mkdir(data, {mode: 0o700}))
    if (program.identity) await chown(data, program.identity.uid, program.identity.gid)
    const words = ['restore', `--pg1-path=${data}`, `--set=${backup.label}`, `--tablespace-map-all=${join(work, 'tablespaces')}`]
    const percent = (line: string) => {
      const [, share] = /, (\d+(?:\.\d+)?%)/.exec(line) ?? []
      if (share !== undefined) report(share)
    }
    await program.follow([...words, ...this.#target()], `Restoring backup ${backup.label}`, percent, work)
    if (beside !== null) await this.#nameLiveArchive()
  }

  /** Links to tablespaces would lead into the folders of the live server, or into one that is thrown away. */
  async #assertOneFolder(): Promise<void> {
    const {label} = this.#request.backup
    const text = await this.#options.program.run(['info', `--set=${label}`, '--output=json'], `Looking at backup ${label}`)
    if (!/"tablespace":\[\s*\{/.test(text)) return
    throw new OperatorError('incompatible', 'The server has tablespaces, whose folders sparkone does not swap.', {
      hint: 'Restore with pgBackRest itself and --tablespace-map: docs/pitr.md shows how. sparkone verify --at still proves it.',
    })
  }

  #target(): string[] {
    const {at, timeline} = this.#request
    if (at === null) return ['--type=immediate']
    const line = timeline === null ? [] : [`--target-timeline=${timeline}`]
    if (at === 'latest') return ['--type=default', ...line]
    return ['--type=time', `--target=${at.toISOString().replace('T', ' ').replace('Z', '+00')}`, '--target-action=promote', ...line]
  }

  /** What pgBackRest wrote names this folder, which will have another name by the time the command is needed. */
  async #nameLiveArchive(): Promise<void> {
    const command = restoreCommandOf(this.#options.program.argv(['archive-get']))
    const path = join(this.#files.data, 'postgresql.auto.conf')
    await explainAccess(path, () => appendFile(path, `restore_command = '${command.replaceAll("'", "''")}'\n`))
  }

  async #start(): Promise<PostgresServer> {
    const files = this.#files
    const {program, clock, signal} = this.#options
    await writeSettings(files)
    const needs = await readDemands(files, this.#executor)
    const command = restoreCommandOf(program.argv(['archive-get', `--pg1-path=${files.data}`, '--no-archive-async']))
    const server = this.#executor.start(serverArgv(files, this.#request, command, needs))
    this.#server = server
    const database = this.#connect()
    await untilRecovered(() => isRecovered(database), this.#ended(server), {clock, signal})
    return database
  }

  async #ended(server: RunningProgram): Promise<never> {
    const failed = server.done.then(
      () => null,
      (error: unknown) => error,
    )
    const error = await failed
    if (error !== null && !(error instanceof ProgramFailure)) throw error
    throw explainLog(await server.stderr, this.#request.at)
  }

  #connect(): PostgresServer {
    const unavailable = async (): Promise<never> => {
      throw new OperatorError('bug', 'A recovered server was asked for what it does not offer.')
    }
    const {signal, clock} = this.#options
    return new PostgresServer({
      executor: this.#executor,
      programs: this.#files.programs,
      connection: {PGHOST: this.#files.work, PGPORT: String(socketPort), PGUSER: this.#request.original.superuser, PGCONNECT_TIMEOUT: '5'},
      signal,
      clock,
      tablespaces: false,
      checkClientVersion: false,
      freeBytes: async () => null,
      ephemeral: unavailable,
    })
  }

  #url(database: string): string {
    const {work} = this.#files
    const {superuser} = this.#request.original
    return `postgresql://${encodeURIComponent(superuser)}@/${encodeURIComponent(database)}?host=${encodeURIComponent(work)}&port=${socketPort}`
  }

  /** Not by the signal that ends throw-aways: this one must write everything down. */
  async #keep(): Promise<void> {
    const {programs, data} = this.#files
    await this.#executor
      .run([`${programs}pg_ctl`, 'stop', '-D', data, '--mode=fast', '--wait', '--timeout=3600'])
      .catch((error: unknown) => {
        throw explainPostgres(error, 'Stopping the recovered server')
      })
    this.#kept = true
  }
}

/** Older ones become writable where the log ends, wherever they should have stopped, and nobody would know. */
function assertSupported({majorVersion}: RecoveryRequest['backup']): void {
  if (majorVersion >= 13) return
  throw new OperatorError('incompatible', `sparkone recovers PostgreSQL 13 and newer; the backup is of ${majorVersion}.`, {
    hint: 'Recover with pgBackRest itself: docs/pitr.md shows how.',
  })
}

/** While it recovers, it does not answer. */
async function isRecovered(database: PostgresServer): Promise<boolean> {
  try {
    const [row] = await database.query<{recovering: boolean}>('postgres', 'SELECT pg_is_in_recovery() AS recovering')
    return row?.recovering === false
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'unreachable') return false
    throw error
  }
}

async function lastTransactionIn(database: PostgresServer): Promise<Date | null> {
  const [row] = await database.query<{at: string | null}>('postgres', 'SELECT pg_last_xact_replay_timestamp() AS at')
  return row?.at ? new Date(row.at) : null
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
