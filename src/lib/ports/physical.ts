import type {Proof} from '../domain/backup-set.ts'
import type {PhysicalBackup, PhysicalExpiry, PhysicalInventory, PhysicalType, RecoveryPoint} from '../domain/physical-backup.ts'
import type {DatabaseServer, OriginalServer} from './database.ts'

/** What backs up the files of a whole server and archives its log, so that any time can be recovered. */
export interface PhysicalEngine {
  /** For people: `pgBackRest 2.45, stanza main`. */
  describe(): Promise<string>
  /** Returns what can be recovered from. Throws `unreachable`, `denied` or `notFound` where the repository cannot be read. */
  inventory(): Promise<PhysicalInventory>
  /** Writes a segment of the log and waits until it is in the archive. Throws when archiving does not work. */
  check(): Promise<void>
  /** Makes a backup; `report` gets percentages. Throws `locked`, `incompatible`, `corrupt`, … */
  backup(type: PhysicalType, report: (detail: string) => void): Promise<void>
  /** Returns what `expire` would remove. */
  expiry(): Promise<PhysicalExpiry>
  /** Removes backups, and the log that only they need, by the engine's own settings. */
  expire(): Promise<void>
  saveProof(backup: PhysicalBackup, proof: Proof): Promise<void>
  /** Restores a backup into a folder of its own and recovers it there. Dispose of it on every path. Throws `corrupt` for damaged files of the
   * backup, `notFound` where the archive ends too early, `incompatible` without programs of that version, `noSpace`. */
  recover(request: RecoveryRequest, report: (detail: string) => void): Promise<Recovery>
  /** The folder that the live server keeps its data in. Throws `notFound` where that is not known. */
  dataFolder(): Promise<DataFolder>
}

export interface RecoveryRequest {
  backup: PhysicalBackup
  at: RecoveryPoint
  /** The log to follow; null: the newest. */
  timeline: number | null
  original: Pick<OriginalServer, 'sharedPreloadLibraries' | 'superuser'>
  /** Folder to recover into, which may become the live one; null: a throw-away. */
  beside: string | null
}

/** A server that was recovered and can be written to, reachable by nobody else; it archives nothing. */
export interface Recovery extends AsyncDisposable {
  description: string
  database: DatabaseServer
  /** Of the last transaction of the log that it has; null where none came after the backup. */
  lastTransactionAt: Date | null
  /** Returns the address of a database in it, over a socket that only root and the user of the server can reach. */
  url(database: string): string
  /** Seconds for bringing the files back, and for recovering. */
  seconds: {restore: number; recover: number}
  /** Stops it in good order. What is in `beside` stays, with everything that is still to be archived. */
  keep(): Promise<void>
}

export interface DataFolder {
  readonly path: string
  /** Throws `denied`. */
  state(): Promise<DataFolderState>
  /** Returns which timeline the server was on when it last wrote there, and that timeline's history file; null where that cannot be read. */
  timeline(): Promise<{timeline: number; history: string | null} | null>
  /** Runs the configured command. Throws `failed`, also when the server is still there afterwards. */
  stop(): Promise<void>
  /** Runs the configured command. Throws `failed`. */
  start(): Promise<void>
  /** Gives folders other names, in this order; when one fails, those before it get their names back. Throws `failed`. */
  rename(moves: readonly {from: string; to: string}[]): Promise<void>
  /** Returns the bytes in a folder that was put aside, and whether a server runs on it, or died there. */
  lookAt(path: string): Promise<{bytes: number; running: boolean}>
  /** Removes a folder that a recovery left which did not finish. */
  discard(path: string): Promise<void>
}

export interface DataFolderState {
  exists: boolean
  /** Whether it can be given another name: a mount point cannot. */
  movable: boolean
  /** Of the file system that it is on. */
  freeBytes: number
  /** Names in the folder around it, for finding what earlier runs left. */
  siblings: readonly string[]
  /** There is the file by which a server says that it runs on this folder. */
  running: boolean
  /** Both commands are configured. */
  canSwap: boolean
}
