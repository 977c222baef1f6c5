import {type JobName, type JobRecord, noRecord} from '../../../src/lib/domain/job.ts'
import type {JobMemory} from '../../../src/lib/ports/unattended.ts'

/** What is remembered of jobs, in memory; `failing` makes it unwritable. */
export class FakeJobMemory implements JobMemory {
  readonly records = new Map<JobName, JobRecord>()
  look: Date | null = null
  failing: Error | null = null

  async read(job: JobName): Promise<JobRecord> {
    return this.records.get(job) ?? noRecord
  }

  async saveRun(job: JobName, record: JobRecord): Promise<void> {
    if (this.failing) throw this.failing
    this.records.set(job, record)
  }

  async saveSkips(job: JobName, skips: Pick<JobRecord, 'skips' | 'skippedAt'>): Promise<void> {
    await this.saveRun(job, {...(await this.read(job)), ...skips})
  }

  async lookedAt(): Promise<Date | null> {
    return this.look
  }

  async saveLook(at: Date): Promise<void> {
    this.look = at
  }
}
