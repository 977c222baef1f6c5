import type {Access} from './access.ts'
import type {Anomaly} from './anomaly.ts'
import type {RecordedDumping} from './dump-streams.ts'
import type {FilesSummary} from './file-archive.ts'
import type {Catalogue, Difference, DumpContents} from './inventory.ts'
import type {Loading} from './restore-jobs.ts'

const fixedMemberNames = [
  'database.dump',
  'database.dump.age',
  'database.dump.zst',
  'database.dump.zst.age',
  'globals.sql',
  'globals.sql.age',
  'files.tar.zst',
  'files.tar.zst.age',
  'files.sha256',
  'files.sha256.age',
  'report.json',
  'RESTORE.md',
] as const
type RowsMemberName = `rows-${number}.dump${'' | '.zst'}${'' | '.age'}`
export type MemberName = (typeof fixedMemberNames)[number] | RowsMemberName

const rowsMemberName = /^rows-(?:[1-9]|1[0-5])\.dump(?:\.zst)?(?:\.age)?$/

/** Whether a member holds the rows of some tables, apart from the dump that defines them. */
export function isRowsMember(name: string): name is RowsMemberName {
  return rowsMemberName.test(name)
}

/** Whether a set can have a member of that name: what a manifest says becomes a path. */
export function isMemberName(name: string): name is MemberName {
  return fixedMemberNames.includes(name as never) || isRowsMember(name)
}

/** A file of a set as it was written: bytes and SHA-256 in lower-case hexadecimal. */
export interface Member {
  name: MemberName
  bytes: number
  sha256: string
}

/** The server a dump was taken from, as far as a later restore must know it. */
export interface ServerFacts {
  version: string
  /** `server_version_num`, for example 170011. */
  versionNumber: number
  /** `system_identifier` of pg_control: the same cluster keeps it for life. */
  systemIdentifier: string
  sharedPreloadLibraries: string
  /** The role that initdb made; grants by superusers count as its own. */
  superuser: string
  /** Image id of the database container, in the compose runtime. */
  imageId?: string
}

/** What `pg_dump` leaves out without `-C`, so that a restored database behaves as the old one did. */
export interface DatabaseProperties {
  owner: string
  encoding: string
  localeProvider: string
  collate: string
  ctype: string
  /** ICU or built-in locale, where the provider has one. */
  locale: string | null
  connectionLimit: number
  comment: string | null
  /** `role` is null for a setting that holds for everyone; `setting` reads `name=value`. */
  settings: readonly {role: string | null; setting: string}[]
  /** One granted privilege each; grantee null is PUBLIC. Null as a whole: the built-in defaults. */
  privileges: readonly {grantee: string | null; privilege: string; grantable: boolean}[] | null
}

/** Contents of `manifest.json`, which is written last: no manifest, no backup. */
export interface Manifest {
  format: 1
  id: string
  project: string
  environment: string
  runtime: 'compose' | 'host' | 'embedded'
  database: string
  startedAt: string
  finishedAt: string
  /** Bytes of the live database (`pg_database_size`) when the dump began. */
  databaseBytes: number
  tool: {version: string; pgDump: string; compression: string}
  server: ServerFacts
  properties: DatabaseProperties
  /** Roles that own or are granted something in the dump and must exist before a restore. */
  roles: readonly string[]
  catalogue: Catalogue
  /** Roles and privileges; left out by versions that did not record them. */
  access?: Access
  contents: DumpContents
  members: readonly Member[]
  /** Left out by versions that always wrote one stream, and of a set of files. */
  dumping?: RecordedDumping
  /** Present where dump and roles are encrypted, with the public keys of those who can read them. */
  encryption?: {method: 'age'; recipients: readonly string[]}
  /** Words that retention can keep by. */
  tags?: readonly string[]
  /** What it has far less of than the backups before it. */
  anomalies?: readonly Anomaly[]
  /** Left out: `database`. A set of files has no database, and everything here that tells of one is empty. */
  kind?: 'database' | 'files'
  /** Of a set of files. */
  files?: FilesSummary
}

/** Contents of `proof.json`: what a verification restored, where, against what, and how long it took. */
export interface Proof {
  format: 1
  id: string
  verifiedAt: string
  passed: boolean
  where: string
  serverVersion: string
  tables: number
  rows: number
  indexes: number
  constraints: number
  sequences: number
  /** How deep it looked; left out by versions that counted rows only. */
  depth?: ProofDepth
  /** How the archive was loaded; left out where there was none, and by versions that always streamed it. */
  loading?: Loading
  differences: readonly Difference[]
  seconds: {readBack: number; start: number; restore: number; compare: number; total: number}
  /** Files that were compared, of a set of files. */
  files?: number
}

/** What a verification looked at beyond rows and definitions. Numbers are null where nothing could be compared. */
export interface ProofDepth {
  /** The contents of every table were compared, not just the number of its rows. */
  hashed: boolean
  /** Indexes that amcheck walked through; null where the server has no amcheck. */
  btreeIndexes: number | null
  /** Vector indexes that answered a query. */
  vectorIndexes: number
  roles: number | null
  /** Objects whose owner and privileges were compared. */
  privileges: number | null
}

/** Contents of `marks.json`: what operators said about a set after it was made. */
export interface Marks {
  format: 1
  id: string
  /** Never to be removed by retention. */
  keep?: Mark
  /** That mark was taken away; says so to copies that did not hear of it. */
  released?: Mark
  /** Its anomalies are known and right. */
  accepted?: Mark
}

export interface Mark {
  at: string
  /** `user@host`. */
  by: string
}

/** A published set as a store lists it. */
export interface BackupSet {
  manifest: Manifest
  proof: Proof | null
  /** Left out where nobody has marked it. */
  marks?: Marks
  /** Where it lies, for people. */
  location: string
}

/** Returns `<UTC start>-<short id>`, for example `20261122T095645Z-3f9a1c`, which sorts by time. */
export function backupId(startedAt: Date, shortId: string): string {
  return `${compactTime(startedAt)}-${shortId}`
}

/** Returns a UTC time as `20261122T095645Z`. */
export function compactTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '')
}

/** Returns the sets newest first, by the recorded start and never by name or file time. */
export function newestFirst(sets: readonly BackupSet[]): BackupSet[] {
  return sets.toSorted((a, b) => b.manifest.startedAt.localeCompare(a.manifest.startedAt) || b.manifest.id.localeCompare(a.manifest.id))
}

export function isProven(set: BackupSet): boolean {
  return set.proof?.passed === true
}

/** Returns whether two manifests are of the same backup, byte for byte, so that what is shown of one holds for the other. */
export function isSameBackup(one: Manifest, other: Manifest): boolean {
  const has = ({name, sha256}: Member) => other.members.some((member) => member.name === name && member.sha256 === sha256)
  return one.id === other.id && one.members.length === other.members.length && one.members.every(has)
}

/** Returns `database shop`, or `the files` for what has no database. */
export function describeContents(database: string): string {
  return database === '' ? 'the files' : `database ${database}`
}

/** Returns the sum of the rows of all tables in the dump. */
export function totalRows({contents}: Pick<Manifest, 'contents'>): number {
  return contents.tables.reduce((sum, table) => sum + table.rows, 0)
}

/** Returns the bytes of all members. */
export function totalBytes({members}: Pick<Manifest, 'members'>): number {
  return members.reduce((sum, member) => sum + member.bytes, 0)
}
