import type {JournalEntry} from './domain/journal.ts'
import type {Runbook} from './domain/runbook.ts'
import type {Certificates} from './ports/certificates.ts'
import type {DockerDisk} from './ports/docker.ts'
import type {DrillReports, Programs} from './ports/drill.ts'
import type {Encryption} from './ports/encryption.ts'
import type {LogFiles, ServiceLogs} from './ports/logs.ts'
import type {Machine} from './ports/machine.ts'
import type {PhysicalEngine} from './ports/physical.ts'
import type {ProjectFiles} from './ports/project-files.ts'
import type {ReleaseFiles} from './ports/release-files.ts'
import type {ReleaseStack} from './ports/release-stack.ts'
import type {Releases} from './ports/releases.ts'
import type {Runtime} from './ports/runtime.ts'
import type {BackupStore, OffsiteTarget} from './ports/sets.ts'
import type {JobMemory, PublicFiles, Systemd} from './ports/unattended.ts'
import type {Workplace} from './ports/workplace.ts'

export type {
  ArchivePart,
  DatabaseServer,
  Dump,
  DumpOptions,
  EphemeralOptions,
  EphemeralServer,
  OriginalServer,
  RestoreArchiveOptions,
  Snapshot,
} from './ports/database.ts'
export type {Encryption} from './ports/encryption.ts'
export type {FileSystem, Machine, MachineResources} from './ports/machine.ts'
export type {Runtime, ServiceState} from './ports/runtime.ts'
export type {EnvironmentSecrets, SecretFiles} from './ports/secrets.ts'
export type {
  BackupStore,
  OffsiteCopy,
  OffsiteStore,
  OffsiteTarget,
  Removal,
  SetCollection,
  SetDraft,
  SetWriter,
  StoredMember,
  UnfinishedUpload,
} from './ports/sets.ts'

/** Every interface to the outside. Nothing below `adapters` touches the world but through these. */
export interface Ports {
  readonly signal: AbortSignal
  /** Returns the same ports with a signal that nothing aborts: for putting back what must not stay half-done. */
  uninterrupted(): Promise<Ports>
  readonly settings: Settings
  readonly clock: Clock
  readonly random: Random
  readonly progress: Progress
  readonly confirmation: Confirmation
  runtime(): Promise<Runtime>
  store(): Promise<BackupStore>
  /** The stores away from this machine, in the order of the configuration; nothing is connected yet. */
  offsite(): Promise<readonly OffsiteTarget[]>
  encryption(): Promise<Encryption>
  locks(): Promise<Locks>
  journal(): Promise<Journal>
  dumpFiles(): Promise<DumpFiles>
  projectFiles(): Promise<ProjectFiles>
  http(): Promise<Http>
  certificates(): Promise<Certificates>
  jobs(): Promise<JobMemory>
  publicFiles(): Promise<PublicFiles>
  systemd(): Promise<Systemd>
  /** Runs `sparkone <words>` with the configuration of this run, as a process of its own, and returns its exit code. */
  sparkone(words: readonly string[]): Promise<number>
  machine(): Promise<Machine>
  workplace(): Promise<Workplace>
  drills(): Promise<DrillReports>
  releases(): Promise<Releases>
  /** Opens a connection of its own each time; dispose of it on every path. */
  docker(): Promise<DockerDisk>
  releaseFiles(): Promise<ReleaseFiles>
  /** Throws `incompatible` where the services are no containers of Compose. */
  releaseStack(): Promise<ReleaseStack>
  /** Throws `incompatible` where the configuration names another engine, or the runtime is not `host`. */
  physical(): Promise<PhysicalEngine>
  /** Run where the configuration lies. */
  programs(): Promise<Programs>
  logFiles(): Promise<LogFiles>
  serviceLogs(): Promise<ServiceLogs>
}

/** What procedures need to know of the configuration. */
export interface Settings {
  project: string
  environment: string
  /** Who runs sparkone, for the journal: `user@host`. */
  actor: string
  /** Version of sparkone itself. */
  version: string
  /** The database that is meant, where the configuration tells; backups of others are never taken for its own. */
  only?: string
}

export interface Clock {
  now(): Date
  /** Milliseconds that only ever grow, for durations. */
  elapsed(): number
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** Six lower-case hexadecimal characters. */
  shortId(): string
  uuid(): string
}

export interface Progress {
  /** Shows `title` while `work` runs; `report` replaces the detail shown beside it. Returns what `work` returns. */
  step<T>(title: string, work: (report: (detail: string) => void) => Promise<T>): Promise<T>
}

export interface Confirmation {
  /** Throws `refused` unless the operator agrees, by `--yes` or at a terminal. `summary` says what will happen; at a terminal
   * `typed` must be typed where it is given. */
  require(question: string, summary: readonly string[], typed?: string): Promise<void>
}

export type Bytes = AsyncIterable<Uint8Array>

/** A dump that other tools made. */
export interface DumpFile {
  path: string
  format: 'archive' | 'script'
  bytes: number
  /** The contents, decompressed. Throws `corrupt` when the compressed file is cut or damaged. */
  open(): Bytes
}

export interface DumpFiles {
  /** Throws `notFound`, or `incompatible` for what is no dump of PostgreSQL. */
  find(path: string): Promise<DumpFile>
}

export interface Locks {
  /** Takes the lock of a project and environment. Throws `locked`, naming the holder, after `waitMilliseconds`. */
  acquire(name: string, owner: {command: string; run: string}, waitMilliseconds: number): Promise<AsyncDisposable>
  /** Returns variables by which a program that this run starts, and waits for, may run sparkone within the locks that it holds. */
  sharing(): Record<string, string>
}

export interface Journal {
  append(entry: JournalEntry): Promise<void>
  entries(): Promise<JournalEntry[]>
}

export interface HttpReply {
  status: number
  headers: Record<string, string>
  body: string
  milliseconds: number
}

export interface HttpOptions {
  timeoutMilliseconds: number
  signal?: AbortSignal
  headers?: Record<string, string>
}

export interface Http {
  /** Fetches without following redirects, at most 1 MiB of body. Throws `unreachable` or `timeout`. */
  get(url: string, options: HttpOptions): Promise<HttpReply>
  /** Sends a body, and is otherwise as `get`. */
  post(url: string, body: string, options: HttpOptions): Promise<HttpReply>
}

/** The pages that say what to do; read from the disk alone, so that they are there when nothing else is. */
export interface Runbooks {
  /** Names of all pages, sorted. */
  names(): Promise<string[]>
  all(): Promise<Runbook[]>
  find(name: string): Promise<Runbook | null>
}
