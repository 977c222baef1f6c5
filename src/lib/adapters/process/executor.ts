import type {Bytes} from '../../ports.ts'

/** A class of the disk's scheduler: when nobody else wants it, or last among all. */
export type DiskPriority = 'idle' | 'best-effort'

export interface ExecuteOptions {
  /** What the program reads; nothing by default. */
  input?: string | Bytes
  /** Keeps standard input open for `write`. */
  interactive?: boolean
  /** Variables for the program alone; the place for secrets, since argv can be read by everyone on the machine. */
  environment?: Readonly<Record<string, string>>
  signal?: AbortSignal | undefined
  /** How far the program steps back behind others, 0 to 19; Linux derives the priority on the disk from it. */
  nice?: number | undefined
  /** Of the disk alone, where there is a program `ionice`. */
  ionice?: DiskPriority | undefined
}

export interface RunningProgram {
  stdout: Bytes
  /** The end of standard error, once the program is through. */
  stderr: Promise<string>
  /** Resolves when the program ended with 0. Throws `ProgramFailure` otherwise. */
  done: Promise<void>
  /** Writes to the program's standard input. */
  write(text: string): void
  /** Ends the program: politely, then by force after two seconds. */
  stop(): Promise<void>
}

/** Runs programs where the services run: on this machine or inside a container. */
export interface Executor {
  readonly description: string
  /** Returns standard output. Throws `ProgramFailure` unless the program ended with 0. */
  run(argv: readonly string[], options?: ExecuteOptions): Promise<string>
  start(argv: readonly string[], options?: ExecuteOptions): RunningProgram
}

/** Returns what `ionice` is told, in the words that the smallest of them know. */
export function ioniceWords(priority: DiskPriority): string[] {
  return priority === 'idle' ? ['-c', '3'] : ['-c', '2', '-n', '7']
}

/** A program that could not be started or did not end with 0. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure'
  readonly program: string
  readonly exitCode: number | undefined
  readonly signalName: string | undefined
  readonly stderr: string
  /** The program file does not exist. */
  readonly missing: boolean

  constructor(program: string, outcome: {exitCode?: number | undefined; signal?: string | undefined; stderr: string; missing?: boolean}) {
    super(`${program} ${ending(outcome)}`)
    this.program = program
    this.exitCode = outcome.exitCode
    this.signalName = outcome.signal
    this.stderr = outcome.stderr
    this.missing = outcome.missing ?? false
  }
}

function ending({exitCode, signal, missing}: {exitCode?: number | undefined; signal?: string | undefined; missing?: boolean}): string {
  if (missing) return 'is not installed'
  return signal ? `was ended by ${signal}` : `ended with ${exitCode}`
}
