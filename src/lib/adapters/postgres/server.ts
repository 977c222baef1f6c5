import {OperatorError} from '../../errors.ts'
import {quoteIdentifier, quoteLiteral} from '../../domain/identifier.ts'
import type {ServerFacts} from '../../domain/backup-set.ts'
import type {DumpWeights} from '../../domain/dump-streams.ts'
import type {RelationName} from '../../domain/inventory.ts'
import type {Loading} from '../../domain/restore-jobs.ts'
import type {
  Bytes,
  Clock,
  DatabaseServer,
  Dump,
  DumpOptions,
  EphemeralOptions,
  EphemeralServer,
  OriginalServer,
  RestoreArchiveOptions,
  Snapshot,
} from '../../ports.ts'
import type {DiskPriority, Executor} from '../process/executor.ts'
import {dataOf, dumpOf, loadArchive} from './archives.ts'
import {dataArgv, globalsArgv, psqlArgv} from './argv.ts'
import {programMajor} from './compression.ts'
import {explained, explainPostgres} from './explain.ts'
import {openSnapshot} from './snapshot.ts'
import type {Staging} from './staged-archive.ts'
import {weigh} from './weigh.ts'

export interface PostgresOptions {
  executor: Executor
  /** Folder of the client programs with a final slash, or empty to take them from PATH. */
  programs: string
  /** PGHOST, PGPORT, PGUSER, PGPASSWORD, … */
  connection: Readonly<Record<string, string>>
  signal: AbortSignal
  clock: Clock
  imageId?: string
  /** How far the programs that work through the whole database step back, 0 to 19; 0 by default. */
  nice?: number
  /** The same for the disk alone; by default the system derives it from `nice`. */
  ionice?: DiskPriority | undefined
  /** How long a dump waits for a locked table; a minute by default. */
  lockWaitMilliseconds?: number
  freeBytes(): Promise<number | null>
  ephemeral(original: OriginalServer, options: EphemeralOptions): Promise<EphemeralServer>
  /** Data of throw-away servers is not placed into the tablespaces of the original. */
  tablespaces: boolean
  /** Without one, every archive is restored by one process as it streams by. */
  staging?: Staging
  /** The memory that a restore finds; without it, indexes are built as the server is set to. */
  indexMemory?(): Promise<{memoryBytes: number; sharedBytes: number}>
  /** The programs may be of another version than the server: pg_dump refuses servers newer than itself. */
  checkClientVersion: boolean
}

const terminatePause = 50
const standardLockWait = 60_000

/**
 * What a database or role may have set for its applications would stop a restore half-way or hide what it made; and times and bytes must be
 * written in one way, or the contents of two servers could not be compared.
 */
const sessionSettings = {
  PGOPTIONS: [
    'default_transaction_read_only=off',
    'statement_timeout=0',
    'idle_in_transaction_session_timeout=0',
    'TimeZone=UTC',
    'bytea_output=hex',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' '),
}

/** For what must not be cut short: cleaning up after an interruption, and the swap itself. */
const uninterrupted = Symbol('uninterrupted')
type Until = typeof uninterrupted | {signal?: AbortSignal | undefined}

/** A PostgreSQL server, reached by its own client programs wherever these can run. */
export class PostgresServer implements DatabaseServer {
  readonly #options: PostgresOptions

  constructor(options: PostgresOptions) {
    this.#options = {...options, connection: {...sessionSettings, ...options.connection}}
  }

  async facts(): Promise<ServerFacts> {
    const [row] = await this.query<Omit<ServerFacts, 'imageId'>>(
      'postgres',
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber",
         (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
         current_setting('shared_preload_libraries') AS "sharedPreloadLibraries",
         (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser`,
    )
    const facts = row as ServerFacts
    const {imageId, checkClientVersion} = this.#options
    if (checkClientVersion) await this.#assertClient(facts)
    return {...facts, ...(imageId === undefined ? {} : {imageId})}
  }

  async query<Row>(database: string, sql: string, signal?: AbortSignal): Promise<Row[]> {
    const wrapped = `SELECT coalesce(json_agg(q), '[]') FROM (${sql}) AS q`
    const text = await this.#psql(database, wrapped, `Asking database ${database}`, {signal})
    return JSON.parse(text) as Row[]
  }

  async execute(database: string, script: string): Promise<void> {
    await this.#psql(database, script, `Changing database ${database}`, {}, ['--single-transaction'])
  }

  async command(database: string, statement: string): Promise<void> {
    await this.#psql(database, statement, `Running ${statement.split(' ').slice(0, 2).join(' ')}`, {})
  }

  async drop(database: string): Promise<void> {
    const elsewhere = maintenanceDatabase([database])
    const sql = `DROP DATABASE IF EXISTS ${quoteIdentifier(database)} WITH (FORCE)`
    await this.#psql(elsewhere, sql, `Dropping database ${database}`, uninterrupted)
  }

  async executeExclusively(databases: readonly string[], script: string): Promise<void> {
    const elsewhere = maintenanceDatabase(databases)
    const swapped = new AbortController()
    const execution = this.#psql(elsewhere, script, 'Swapping databases', uninterrupted, ['--single-transaction'])
    const ushering = this.#keepEndingSessions(elsewhere, databases, swapped.signal)
    try {
      await execution
    } finally {
      swapped.abort()
      await ushering
    }
  }

  weigh(database: string): Promise<DumpWeights> {
    return weigh(this, {...this.#options, database})
  }

  async snapshot(database: string, locked: readonly RelationName[] = []): Promise<Snapshot> {
    const {executor, programs, connection, signal, lockWaitMilliseconds = standardLockWait} = this.#options
    const program = executor.start(psqlArgv(programs, database), {interactive: true, environment: connection, signal})
    try {
      return await openSnapshot(program, {lockWaitMilliseconds, locked})
    } catch (error) {
      await program.stop()
      throw explainPostgres(error, `Opening a snapshot of database ${database}`)
    }
  }

  dump(database: string, snapshotId: string, options: DumpOptions = {}): Dump {
    return dumpOf(this.#options, {database, snapshotId, ...options})
  }

  async globals(): Promise<string> {
    const {executor, programs, connection, signal} = this.#options
    const read = (argv: string[]) => executor.run(argv, {environment: connection, signal})
    try {
      return await read(globalsArgv(programs, true))
    } catch (error) {
      const explanation = explainPostgres(error, 'Reading the roles')
      if (!(explanation instanceof OperatorError) || explanation.kind !== 'denied') throw explanation
      // Managed servers hide password verifiers even from the owner; the roles themselves can still be read.
      return read(globalsArgv(programs, false)).catch((again: unknown) => {
        throw explainPostgres(again, 'Reading the roles')
      })
    }
  }

  data(database: string): Bytes {
    const {executor, programs, connection, signal} = this.#options
    const bytes = async function* (): Bytes {
      const program = executor.start(dataArgv(programs, database), {environment: connection, signal})
      yield* program.stdout
      await program.done
    }
    return explained(bytes(), `Reading database ${database}`)
  }

  archiveData(archive: Bytes): Bytes {
    return dataOf(this.#options, archive)
  }

  restoreArchive(database: string, open: () => Bytes, options: RestoreArchiveOptions = {}): Promise<Loading> {
    return loadArchive(this.#options, this, {database, open, ...options})
  }

  async restoreScript(database: string, script: Bytes): Promise<void> {
    await this.#feed([...psqlArgv(this.#options.programs, database), '--single-transaction'], script, `Restoring into database ${database}`)
  }

  freeBytes(): Promise<number | null> {
    return this.#options.freeBytes()
  }

  ephemeral(original: OriginalServer, options: EphemeralOptions = {reachable: false}): Promise<EphemeralServer> {
    return this.#options.ephemeral(original, options)
  }

  async #assertClient({version, versionNumber}: ServerFacts): Promise<void> {
    const {executor, programs, signal} = this.#options
    const program = await executor.run([`${programs}pg_dump`, '--version'], {signal}).catch((error: unknown) => {
      throw explainPostgres(error, 'Looking at the client programs')
    })
    const [ours, theirs] = [programMajor(program), Math.floor(versionNumber / 10_000)]
    if (ours >= theirs) return
    throw new OperatorError('incompatible', `pg_dump ${ours} is older than the server (${version}) and cannot dump it.`, {
      hint: `Install the programs of version ${theirs} (Debian: apt-get install postgresql-client-${theirs}) or set database.programs to their folder.`,
    })
  }

  /** A rename waits five seconds for other sessions to leave, with new ones held at the door; so they are shown out while it waits. */
  async #keepEndingSessions(database: string, names: readonly string[], until: AbortSignal): Promise<void> {
    const list = names.map(quoteLiteral).join(', ')
    const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN (${list}) AND pid <> pg_backend_pid()`
    while (!until.aborted) {
      // Whether the swap went through is for the swap itself to say; a failure here only leaves sessions for it to wait for.
      await this.#psql(database, sql, 'Ending sessions', uninterrupted).catch(() => undefined)
      await this.#options.clock.sleep(terminatePause)
    }
  }

  async #feed(argv: readonly string[], input: Bytes, doing: string): Promise<void> {
    const {executor, connection, signal} = this.#options
    try {
      await executor.run(argv, {input, environment: connection, signal})
    } catch (error) {
      throw explainPostgres(error, doing)
    }
  }

  async #psql(database: string, sql: string, doing: string, until: Until, extra: readonly string[] = []): Promise<string> {
    const {executor, programs, connection} = this.#options
    const signal =
      until === uninterrupted ? undefined : until.signal ? AbortSignal.any([until.signal, this.#options.signal]) : this.#options.signal
    try {
      return await executor.run([...psqlArgv(programs, database), ...extra], {input: `${sql};\n`, environment: connection, signal})
    } catch (error) {
      throw explainPostgres(error, doing)
    }
  }
}

/** Returns a database to stand in while the named ones are renamed or dropped. */
function maintenanceDatabase(databases: readonly string[]): string {
  return databases.includes('postgres') ? 'template1' : 'postgres'
}
