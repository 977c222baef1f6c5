import type {LogFacts, LogRule, LogSignal} from '../domain/log-rule.ts'
import type {LogRotation, LogStep} from '../domain/log-rotation.ts'
import type {ContainerLogging} from '../domain/log-bounds.ts'
import type {LogWriters} from '../domain/log-writers.ts'

/** Log files of this machine. What belongs to Docker is never among them. */
export interface LogFiles {
  /** For people: where patterns without a folder are looked for. */
  readonly folder: string
  /** Finds the logs of a rule. `docker` are folders and files that belong to Docker. */
  find(rule: LogRule, docker: DockerPaths): Promise<FoundLogs>
  /** Processes that have the files open for writing, by path. */
  writers(paths: readonly string[]): Promise<LogWriters>
  /** Does the steps in the folder of a log. Throws `noSpace` or `denied`. */
  apply(path: string, steps: readonly LogStep[]): Promise<void>
  /** Gives a log its new name, or copies and empties it, and makes a new one as the rule says. */
  turn(rotation: LogRotation, rule: LogRule): Promise<void>
  /** Sends a signal to the process whose number is in a file. Throws `notFound`. */
  signalProcess(signal: LogSignal): Promise<void>
  /** Writes a new file, which nothing may be at, and returns its size. */
  write(path: string, lines: AsyncIterable<string>): Promise<number>
  /** Returns the names of the files in the folder `snapshots`. */
  snapshots(): Promise<string[]>
  /** When each log was rotated last, or first seen. */
  memory(): Promise<LogMemory>
}

export interface DockerPaths {
  folders: readonly string[]
  files: readonly string[]
}

export interface FoundLogs {
  logs: readonly LogFacts[]
  /** What fits the pattern and is left alone. */
  refused: readonly {path: string; reason: string}[]
}

export interface LogMemory {
  /** Milliseconds since 1970, or null. */
  lastAt(path: string): number | null
  /** Noted before a log is touched, so that a run that dies does not rotate it twice. */
  note(path: string, at: number): Promise<void>
  /** Forgets logs that are gone. */
  compact(now: number): Promise<void>
}

/** What services log, in containers or files. */
export interface ServiceLogs {
  /** Names of the services, sorted. Throws `unreachable`. */
  services(): Promise<string[]>
  /** Lines of one service, each with the time it was written where that is known. Ends when all is read, or when the signal of the run is aborted. */
  read(service: string, options: LogReading): AsyncIterable<LogEntry>
  /** How each container keeps its logs; empty where there are none. */
  containers(): Promise<readonly ContainerLogging[]>
  docker(): Promise<DockerPaths>
  /** Sends a signal to every container of a service. Throws `notFound`. */
  signal(service: string, name: string): Promise<void>
}

export interface LogReading {
  /** Last lines to begin with, or null for all. */
  lines: number | null
  since: Date | null
  follow: boolean
}

export interface LogEntry {
  service: string
  /** When it was written, in milliseconds since 1970; null where nobody tells. */
  at: number | null
  text: string
}
