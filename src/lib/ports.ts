import type {Manifest} from './domain/backup-set.ts'
import type {RecipientConfirmation} from './domain/encryption.ts'
import type {JournalEntry} from './domain/journal.ts'
import type {Runbook} from './domain/runbook.ts'
import type {EncryptedFile} from './domain/secret-file.ts'
import type {SecretRegistry} from './domain/secret-registry.ts'
import type {Certificates} from './ports/certificates.ts'
import type {DatabaseServer} from './ports/database.ts'
import type {DockerDisk} from './ports/docker.ts'
import type {ReleaseFiles} from './ports/release-files.ts'
import type {DrillReports, Programs} from './ports/drill.ts'
import type {LogFiles, ServiceLogs} from './ports/logs.ts'
import type {PhysicalEngine} from './ports/physical.ts'
import type {ProjectFiles} from './ports/project-files.ts'
import type {ReleaseStack} from './ports/release-stack.ts'
import type {Releases} from './ports/releases.ts'
import type {BackupStore, OffsiteTarget} from './ports/sets.ts'

export type {
  ArchivePart,
  DatabaseServer,
  Dump,
  EphemeralOptions,
  EphemeralServer,
  OriginalServer,
  RestoreArchiveOptions,
  Snapshot,
} from './ports/database.ts'
import type {Workplace} from './ports/workplace.ts'
import type {JobMemory, PublicFiles, Systemd} from './ports/unattended.ts'

export type {
  BackupStore,
  OffsiteCopy,
  OffsiteStore,
  OffsiteTarget,
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
  /** Where several databases are backed up: the one that is meant. */
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

/** Where the product's services run. */
export interface Runtime {
  readonly kind: 'compose' | 'host' | 'embedded'
  /** One line for people: which project, which server. */
  readonly description: string
  readonly database: DatabaseServer
  /** The database that is backed up, restored and looked at. */
  readonly databaseName: string
  /** States of the containers or processes; empty where the runtime cannot know (host). What is not measured within `useMilliseconds` is null. */
  services(signal?: AbortSignal, useMilliseconds?: number): Promise<ServiceState[]>
  /** Last lines that a service logged, oldest first. */
  logs(service: string, lines: number): Promise<string[]>
  /** Starts or ends every container of a service. Throws `notFound`, also where the runtime runs no services. */
  control(service: string, action: 'start' | 'stop' | 'restart'): Promise<void>
  /** Sends one command to Redis and returns the reply as text. Throws `unreachable`, `denied`, or `notFound` where no Redis is configured. */
  redis(command: readonly string[], signal?: AbortSignal): Promise<string>
  /** Ends what earlier runs that died left running and returns a line for each. Call only while holding the lock. */
  sweep(): Promise<string[]>
}

export interface ServiceState {
  service: string
  name: string
  state: 'running' | 'exited' | 'paused' | 'restarting' | 'created' | 'dead' | 'missing'
  /** `none`: no health check is defined, so nothing is known. */
  health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  restarts: number
  exitCode: number | null
  /** Docker's restart policy; only a container that nothing restarts may have ended on purpose. */
  restartPolicy?: 'no' | 'on-failure' | 'always' | 'unless-stopped'
  /** Last output of the health check, when unhealthy. */
  healthOutput?: string
  cpuPercent: number | null
  memoryBytes: number | null
  memoryLimitBytes: number | null
}

/** The keys that backups are encrypted to; without recipients nothing is encrypted. */
export interface Encryption {
  readonly recipients: readonly string[]
  /** Throws `denied`, before anything is read, when the set is encrypted and no key that fits is at hand. */
  assertReadable(manifest: Manifest): Promise<void>
  /** Returns each recipient with the time at which its owner last showed that the private key is there. */
  confirmations(): Promise<RecipientConfirmation[]>
  /** Returns an age file in text form that holds a code; who can tell the code has the private key. */
  challenge(recipient: string): Promise<string>
  /** Confirms the recipient that a code was encrypted to and returns it. Throws `refused` for a wrong code. */
  confirm(code: string): Promise<string>
  /** Whether a private key is at hand. */
  readonly hasIdentities: boolean
  /** Confirms the recipients of the keys at hand and returns them. Throws `usage` for a file without keys, `refused` when none fits. */
  confirmIdentities(): Promise<string[]>
}

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

/** The machine sparkone runs on. */
export interface Machine {
  resources(): Promise<MachineResources>
  /** The file systems that hold the given folders, each once; a folder that is not there yet counts as its nearest parent. */
  fileSystems(paths: readonly string[]): Promise<FileSystem[]>
}

export interface MachineResources {
  /** Share of all cores that was busy during a short sample; null where the system does not tell. */
  cpuPercent: number | null
  cores: number
  /** Runnable processes over the last minute, on average; null where the system does not tell. */
  load: number | null
  memoryTotalBytes: number
  memoryAvailableBytes: number
}

export interface FileSystem {
  /** Where it is mounted. */
  path: string
  /** Bytes that ordinary users can ever have, used ones included. */
  totalBytes: number
  freeBytes: number
  /** 0 where the file system does not count them. */
  totalInodes: number
  freeInodes: number
}

/** The pages that say what to do; read from the disk alone, so that they are there when nothing else is. */
export interface Runbooks {
  /** Names of all pages, sorted. */
  names(): Promise<string[]>
  all(): Promise<Runbook[]>
  find(name: string): Promise<Runbook | null>
}

/** The encrypted secrets of a project with what is recorded about them; nothing is ever decrypted. */
export interface SecretFiles {
  readonly folder: string
  /** Throws `notFound`, or `usage` with everything that is wrong with it. */
  registry(): Promise<SecretRegistry>
  /** Throws `usage` for what cannot be read as YAML, without repeating a line of it. */
  of(environment: string): Promise<EnvironmentSecrets>
}

export interface EnvironmentSecrets {
  environment: string
  /** Where the encrypted file is, or would be. */
  file: string
  /** Null when there is none. */
  encrypted: EncryptedFile | null
  /** Whom `.sops.yaml` lets read it; null when no rule of it names the file. */
  rule: readonly string[] | null
  /** Files beside it that look like its decrypted contents. */
  decrypted: readonly string[]
}
