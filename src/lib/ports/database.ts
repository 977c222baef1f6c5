import type {Access} from '../domain/access.ts'
import type {DatabaseProperties, ServerFacts} from '../domain/backup-set.ts'
import type {DumpWeights} from '../domain/dump-streams.ts'
import type {Catalogue, RelationName} from '../domain/inventory.ts'
import type {ArchiveSize, Loading} from '../domain/restore-jobs.ts'

type Bytes = AsyncIterable<Uint8Array>

/** A PostgreSQL server. */
export interface DatabaseServer {
  facts(): Promise<ServerFacts>
  /** Runs one SELECT and returns its rows. Throws `unreachable`, `denied`, `notFound` (no such database) or `failed`. */
  query<Row>(database: string, sql: string, signal?: AbortSignal): Promise<Row[]>
  /** Runs a script in one transaction; all of it or nothing happens. */
  execute(database: string, script: string): Promise<void>
  /** Runs one statement outside a transaction (CREATE DATABASE, DROP DATABASE, ANALYZE). */
  command(database: string, statement: string): Promise<void>
  /** Drops a database and ends its sessions; does nothing when there is none. Works after an interruption too. */
  drop(database: string): Promise<void>
  /** Runs a script in one transaction while ending every other session of the named databases until it is through. No
   * interruption stops it half-way: it lasts seconds, and all of it or nothing happens. */
  executeExclusively(databases: readonly string[], script: string): Promise<void>
  /** Returns how large the tables of a database are, and what there is to dump them with. */
  weigh(database: string): Promise<DumpWeights>
  /** Opens a read-only snapshot for dumps and reads its catalogue. Close it after the dump. Until then nobody changes the definition of `locked` tables. */
  snapshot(database: string, locked?: readonly RelationName[]): Promise<Snapshot>
  /** Streams a custom-format dump of a snapshot; fails, after the last byte, unless pg_dump ended with 0. */
  dump(database: string, snapshotId: string, options?: DumpOptions): Dump
  /** `pg_dumpall --globals-only`: roles, grants, settings. Contains password verifiers. */
  globals(): Promise<string>
  /** Streams the data of a database as SQL (`pg_dump --data-only`), in the words that an archive of it would have. */
  data(database: string): Bytes
  /** Streams the data section of an archive as SQL (`pg_restore --data-only`), reading every byte of it. */
  archiveData(archive: Bytes): Bytes
  /**
   * Restores an archive, or parts of it one after the other, into a database, stopping at the first error. `open` is called again for each part that
   * is read as it streams by. Returns by how many processes at once.
   */
  restoreArchive(database: string, open: () => Bytes, options?: RestoreArchiveOptions): Promise<Loading>
  /** Runs a plain SQL script into a database in one transaction, stopping at the first error. */
  restoreScript(database: string, script: Bytes): Promise<void>
  /** Free bytes where the server keeps its data, or null where that cannot be known. */
  freeBytes(): Promise<number | null>
  /** Starts a throw-away server of the same make, reachable by nobody else. Dispose of it on every path. */
  ephemeral(original: OriginalServer, options?: EphemeralOptions): Promise<EphemeralServer>
}

export interface DumpOptions {
  /** The tables whose rows are left out, or those whose rows are all there is. */
  rows?: {kind: 'without' | 'only'; tables: readonly RelationName[]}
  /** Ends this dump alone. */
  signal?: AbortSignal
}

/** Everything that comes before rows (types, functions, empty tables), all that comes then, or the rows of some tables of one schema. */
export type ArchivePart = {kind: 'definitions'} | {kind: 'rest'} | {kind: 'rows'; schema: string; tables: readonly string[]}

export interface RestoreArchiveOptions {
  /** All of it where nothing is said. */
  parts?: readonly ArchivePart[]
  /** Archives of nothing but rows, for tables that this one defines; their rows are there before its keys and indexes are. Instead of `parts`. */
  rows?: readonly (() => Bytes)[]
  /** Without it one process reads what streams by. */
  size?: ArchiveSize
  /** Called once the archive is where it is read from. */
  onLoading?(loading: Loading): void
}

export interface Snapshot extends AsyncDisposable {
  id: string
  catalogue: Catalogue
  properties: DatabaseProperties
  roles: readonly string[]
  access: Access
  databaseBytes: number
}

export interface Dump {
  bytes: Bytes
  /** `pg_dump --version`, and what compresses the archive, for example `zstd:3`. */
  program(): Promise<{version: string; compression: string}>
}

/** What a throw-away server must have in common with the one that a dump came from. */
export type OriginalServer = Pick<ServerFacts, 'sharedPreloadLibraries' | 'superuser'>

export interface EphemeralOptions {
  /** Programs on this machine, and nobody else, must be able to connect to it. */
  reachable: boolean
}

export interface EphemeralServer extends AsyncDisposable {
  /** For people and the proof: image and container, or programs and folder. */
  description: string
  database: DatabaseServer
  /** Returns the address of a database in it, with a password that holds here only. Call it after the roles were restored, on a reachable one. */
  url(database: string): Promise<string>
}
