/** What can be run by schedule, in the order in which it is run when several are due. A job is added by a line here. */
export const jobs = {
  backup: {words: ['backup'], needsDatabase: true},
  files: {words: ['backup', '--files'], needsDatabase: false},
  verify: {words: ['verify', 'latest'], needsDatabase: true, proves: true},
  verifyFiles: {words: ['verify', '--files'], needsDatabase: false, proves: true},
  sync: {words: ['sync'], needsDatabase: false},
  cleanup: {words: ['backup', 'cleanup', '--yes'], needsDatabase: false},
  drill: {words: ['drill'], needsDatabase: true, proves: true},
  logs: {words: ['rotate-logs'], needsDatabase: false},
  prune: {words: ['prune', '--yes'], needsDatabase: false},
  certificates: {words: ['cert-check'], needsDatabase: false},
} as const satisfies Record<string, Job>

export interface Job {
  /** What is typed to run it. */
  words: readonly string[]
  /** After a reboot the database may come up later than the timer. */
  needsDatabase: boolean
  /** A proof that failed would fail again, and is for people to look at. */
  proves?: boolean
}

export type JobName = keyof typeof jobs

export const jobNames = Object.keys(jobs) as JobName[]

/** What is remembered of the runs of one job. Times are ISO 8601. */
export interface JobRecord {
  /** The newest run, whoever started it; null before the first. */
  last: JobRun | null
  /** When the newest run that needs no repetition began; null before the first. */
  settledAt: string | null
  /** When the newest run began that did what it should; null before the first. */
  goodAt: string | null
  /** Fires in a row that found another run holding the lock. */
  skips: number
  /** When the newest of them was. */
  skippedAt: string | null
  /** What the newest runs measured, by the name of the metric; kept until a run measures it anew. */
  measured: Readonly<Record<string, number>>
}

export interface JobRun {
  /** UUID, the same in pings and messages. */
  run: string
  startedAt: string
  endedAt: string
  exitCode: number
}

export const noRecord: JobRecord = {last: null, settledAt: null, goodAt: null, skips: 0, skippedAt: null, measured: {}}

/** Returns the record after a run that came to its end, well or not. */
export function recordRun(record: JobRecord, job: JobName, run: JobRun, measured: Readonly<Record<string, number>>): JobRecord {
  return {
    last: run,
    settledAt: isSettled(job, run.exitCode) ? run.startedAt : record.settledAt,
    goodAt: isGood(run.exitCode) ? run.startedAt : record.goodAt,
    skips: 0,
    skippedAt: null,
    measured: {...record.measured, ...measured},
  }
}

/** Returns the record after a fire that found another run holding the lock. */
export function recordSkip(record: JobRecord, at: Date): JobRecord {
  return {...record, skips: record.skips + 1, skippedAt: at.toISOString()}
}

/** Returns whether a run did what it should, be it with warnings. */
export function isGood(exitCode: number): boolean {
  return exitCode <= warning
}

/** Done with warnings, in the table of exit codes. */
const warning = 1
/** A backup failed its proof, in the table of exit codes. */
const corrupt = 13

/** Every failure is worth another try, but for the answer of a proof. */
function isSettled(job: JobName, exitCode: number): boolean {
  const {proves = false}: Job = jobs[job]
  return isGood(exitCode) || (proves && exitCode === corrupt)
}
