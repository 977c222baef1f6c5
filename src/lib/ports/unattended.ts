import type {JobName, JobRecord} from '../domain/job.ts'

/** What is remembered of the jobs of a project and environment. */
export interface JobMemory {
  read(job: JobName): Promise<JobRecord>
  /** Throws `noSpace` or `denied`. */
  saveRun(job: JobName, record: JobRecord): Promise<void>
  /** Kept apart from the runs, since whoever is skipped does so while another run is about to save itself. */
  saveSkips(job: JobName, record: Pick<JobRecord, 'skips' | 'skippedAt'>): Promise<void>
  /** When it was last looked whether anything is due; null when that never was. */
  lookedAt(): Promise<Date | null>
  saveLook(at: Date): Promise<void>
}

/** Files that other programs of this machine read. */
export interface PublicFiles {
  /** The text of a file, or null where there is none. Throws `denied`. */
  read(path: string): Promise<string | null>
  /** Puts a file in place in one step, readable for all. Throws `denied` or `noSpace`. */
  write(path: string, text: string): Promise<void>
  remove(path: string): Promise<void>
}

export interface Systemd {
  /** Whether it runs this machine (`/`), or is installed in the tree of another. */
  runs(root: string): Promise<boolean>
  /** Runs `systemctl <words>`. Throws `failed`, with what it said. */
  control(words: readonly string[]): Promise<void>
}
