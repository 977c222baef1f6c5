import type {DrillReport} from '../domain/drill.ts'

/** Reports of the drills of a project and environment. */
export interface DrillReports {
  /** Keeps a report and returns where. Throws `noSpace` or `denied`. */
  save(report: DrillReport): Promise<string>
  /** Returns the newest report; null where no drill was ever made. */
  newest(): Promise<DrillReport | null>
}

/** Programs that the configuration names. */
export interface Programs {
  /** Starts a program with variables of its own; `input` is what it can read, if it cares to. Dispose of it to end it with everything that it started. */
  start(argv: readonly string[], environment: Readonly<Record<string, string>>, input?: string): StartedProgram
}

export interface StartedProgram extends AsyncDisposable {
  /** Resolves when it ended, however it did; the code is null when a signal ended it. Throws `notFound` when there is no such program. */
  ended: Promise<{exitCode: number | null; output: string}>
}
