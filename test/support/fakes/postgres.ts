import type {Access} from '../../../src/lib/domain/access.ts'
import type {ServerFacts} from '../../../src/lib/domain/backup-set.ts'
import type {Catalogue, Sequence} from '../../../src/lib/domain/inventory.ts'
import type {ArchiveSize, Loading} from '../../../src/lib/domain/restore-jobs.ts'
import type {DumpWeights} from '../../../src/lib/domain/dump-streams.ts'
import type {RelationName} from '../../../src/lib/domain/inventory.ts'
import {SqlDumpReader} from '../../../src/lib/domain/sql-dump.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Bytes, DatabaseServer, Dump, DumpOptions, EphemeralServer, RestoreArchiveOptions, Snapshot} from '../../../src/lib/ports.ts'
import {backupSet} from '../backup-sets.ts'
import {answerTo, applyStatement} from './postgres-sql.ts'
import {collect} from './store.ts'

/** A database as far as backup, verify and restore look at it: tables of the schema public with their rows. */
export interface MemoryDatabase {
  comment: string | null
  tables: Record<string, number>
  sequences?: readonly Sequence[]
  largeObjects?: number
  /** Tables whose first row holds something else than the backup. */
  changed?: readonly string[]
  /** What it says of default_transaction_read_only, once it has said anything. */
  readOnly?: string | null
}

type Step = 'facts' | 'dump' | 'globals' | 'restore' | 'swap' | 'drop' | 'ephemeral'

const {manifest} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z'), tables: []})

/** A PostgreSQL server in memory that understands the statements sparkone sends, and no others. */
export class MemoryPostgres implements DatabaseServer {
  /** What the table of migrations has; null: there is no such table. */
  migrations: {name: string; breaking: boolean | null}[] | null = [{name: '001', breaking: false}]
  databases = new Map<string, MemoryDatabase>([['postgres', {comment: null, tables: {}}]])
  server: ServerFacts = manifest.server
  mayCreateDatabases = true
  /** What its clock shows: that of the fakes. */
  clockSeconds = Date.parse('2026-11-22T10:00:00Z') / 1000
  durability = {fsync: 'on', fullPageWrites: 'on'}
  /** Databases whose text was sorted by another version of the C library. */
  outdated: string[] = []
  /** Extensions of the database. */
  installed: string[] = []
  /** What it says of its log, and whether segments get to the archive. */
  log = {
    archiveMode: 'on',
    archiveCommand: 'pgbackrest --stanza=shop archive-push %p',
    segmentBytes: 16 * 1024 * 1024,
    inRecovery: false,
    timeline: 1,
    superuser: 'postgres',
    sharedPreloadLibraries: '',
    tablespaces: 0,
    archives: true,
  }
  access: Access = {roles: [{subject: 'role shop', state: 'LOGIN'}], privileges: []}
  roles = ['postgres', 'shop']
  extensions = ['plpgsql']
  logicalSlots: string[] = []
  preparedTransactions = 0
  free: number | null = 1_000_000_000
  /** Tables that a dump forgets. */
  dumpLacks: string[] = []
  /** What a throw-away server shows of roles and privileges, where that is not the same. */
  accessAfterRestore: Access | null = null
  /** Happens to whatever is restored. */
  afterRestore: (database: MemoryDatabase) => void = () => {}
  /** Steps that fail, and how. */
  failing: Partial<Record<Step, Error>> = {}
  /** Steps in the order in which they happened. */
  readonly steps: string[] = []
  readonly ephemerals: MemoryPostgres[] = []
  /** What decides by how many processes it is dumped. */
  weights: DumpWeights = {tables: [], largeObjectBytes: 0, processors: 2, freeConnections: 90}
  /** What was said of the size of each archive that was loaded. */
  readonly archiveSizes: (ArchiveSize | null)[] = []
  disposed = false
  /** What pg_dumpall says. */
  globalsText = 'CREATE ROLE postgres;\nCREATE ROLE shop;\n'
  /** Scripts that ran as one transaction. */
  readonly scripts: string[] = []
  /** What this server, and throw-away ones of its make, answer to queries of the operator. */
  answers = new Map<string, unknown[] | Error>()

  async facts(): Promise<ServerFacts> {
    this.#begin('facts')
    return this.server
  }

  async query<Row>(database: string, sql: string): Promise<Row[]> {
    this.#database(database)
    const answer = this.answers.get(sql)
    if (answer instanceof Error) throw answer
    if (answer) return answer as Row[]
    return answerTo(sql, this, database) as Row[]
  }

  async execute(database: string, script: string): Promise<void> {
    this.#database(database)
    this.scripts.push(script)
    for (const statement of script.split(';\n')) applyStatement(statement, this.databases)
  }

  async command(database: string, statement: string): Promise<void> {
    this.steps.push(statement.split(' ').slice(0, 3).join(' '))
    this.#database(database)
    applyStatement(statement, this.databases)
  }

  async drop(database: string): Promise<void> {
    this.#begin('drop', database)
    this.databases.delete(database)
  }

  async executeExclusively(databases: readonly string[], script: string): Promise<void> {
    this.#begin('swap', databases.join(' '))
    const changed = new Map(this.databases)
    for (const statement of script.split(';\n')) applyStatement(statement, changed)
    this.databases = changed
  }

  async weigh(): Promise<DumpWeights> {
    return this.weights
  }

  async snapshot(database: string, locked: readonly RelationName[] = []): Promise<Snapshot> {
    const {tables, sequences = [], comment} = this.#database(database)
    this.steps.push(['snapshot', database, ...locked.map(({name}) => name)].join(' '))
    const relations = Object.keys(tables).map((name) => ({schema: 'public', name}))
    const catalogue: Catalogue = {...manifest.catalogue, tables: relations, sequences}
    const properties = {...manifest.properties, comment}
    const close = async () => void this.steps.push(`close ${database}`)
    return {id: '1', catalogue, properties, roles: ['shop'], access: this.access, databaseBytes: 8_000_000, [Symbol.asyncDispose]: close}
  }

  dump(database: string, _snapshotId: string, {rows = {kind: 'without', tables: []}}: DumpOptions = {}): Dump {
    const isNamed = (table: string) => rows.tables.some(({name}) => name === table)
    const isIn = (table: string) => !this.dumpLacks.includes(table) && isNamed(table) === (rows.kind === 'only')
    const held = Object.entries(this.#database(database).tables).filter(([name]) => isIn(name))
    const bytes = this.#bytes('dump', `PGDMP${JSON.stringify(Object.fromEntries(held))}`)
    return {bytes, program: async () => ({version: 'pg_dump (PostgreSQL) 17.2', compression: 'zstd:3'})}
  }

  async globals(): Promise<string> {
    this.#begin('globals')
    return this.globalsText
  }

  async *archiveData(archive: Bytes): Bytes {
    yield* copied(await tablesIn(archive))
  }

  async *data(database: string): Bytes {
    yield* copied(this.#database(database).tables, this.#database(database).changed)
  }

  async restoreArchive(database: string, open: () => Bytes, {parts, rows: apart = [], size}: RestoreArchiveOptions = {}): Promise<Loading> {
    const tables = await tablesIn(open())
    const chosen = (name: string) => parts === undefined || parts.some((part) => part.kind === 'rows' && part.tables.includes(name))
    const held = Object.entries(tables).map(([name, rows]) => [name, chosen(name) ? rows : 0] as const)
    this.archiveSizes.push(size ?? null)
    this.#restored(database, {tables: Object.fromEntries(held)})
    for (const openRows of apart) this.#restored(database, {tables: await tablesIn(openRows())})
    return {jobs: 1, why: 'it is in memory'}
  }

  async restoreScript(database: string, script: Bytes): Promise<void> {
    const reader = new SqlDumpReader()
    reader.push(await collect(script))
    const {tables, sequences, largeObjects} = reader.end().contents
    this.#restored(database, {tables: Object.fromEntries(tables.map(({name, rows}) => [name, rows])), sequences, largeObjects})
  }

  async freeBytes(): Promise<number | null> {
    return this.free
  }

  async ephemeral(): Promise<EphemeralServer> {
    this.#begin('ephemeral')
    const database = new MemoryPostgres()
    database.afterRestore = this.afterRestore
    database.failing = this.failing
    database.extensions = this.extensions
    database.answers = this.answers
    database.access = this.accessAfterRestore ?? this.access
    this.ephemerals.push(database)
    const url = async (name: string) => `postgres://visitor:secret@127.0.0.1:5999/${name}`
    return {description: 'memory', database, url, [Symbol.asyncDispose]: async () => void (database.disposed = true)}
  }

  #restored(name: string, contents: Omit<MemoryDatabase, 'comment'>): void {
    // Roles go into the database postgres; what a test wants to see fail is the restore of the backup.
    if (name === 'postgres') return void this.steps.push('roles')
    this.#begin('restore', name)
    const database = this.#database(name)
    Object.assign(database, {...contents, tables: {...database.tables, ...contents.tables}})
    this.afterRestore(database)
  }

  #database(name: string): MemoryDatabase {
    const database = this.databases.get(name)
    if (!database) throw new OperatorError('notFound', `database "${name}" does not exist`)
    return database
  }

  #begin(step: Step, what = ''): void {
    this.steps.push(`${step} ${what}`.trim())
    const failure = this.failing[step]
    if (failure) throw failure
  }

  async *#bytes(step: Step, text: string): Bytes {
    yield new TextEncoder().encode(text)
    this.#begin(step)
  }
}

async function* copied(tables: Record<string, number>, changed: readonly string[] = []): Bytes {
  const blocks = Object.entries(tables).map(([name, rows]) => {
    const lines = Array.from({length: rows}, (_, index) => (index === 0 && changed.includes(name) ? 'changed\n' : '1\n'))
    return `COPY public."${name}" (id) FROM stdin;\n${lines.join('')}\\.\n`
  })
  yield new TextEncoder().encode(blocks.join('\n'))
}

async function tablesIn(archive: Bytes): Promise<Record<string, number>> {
  const text = new TextDecoder().decode(await collect(archive))
  if (!text.startsWith('PGDMP')) throw new OperatorError('failed', 'input file does not appear to be a valid archive')
  return JSON.parse(text.slice('PGDMP'.length)) as Record<string, number>
}
