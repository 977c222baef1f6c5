import {noRecord, recordRun, type JobName, type JobRecord} from '../../../src/lib/domain/job.ts'
import {jobMetricsText, measureRun} from '../../../src/lib/domain/job-metrics.ts'

const times = {startedAt: '2026-11-22T02:00:00Z', endedAt: '2026-11-22T02:05:00Z'}

/** Returns everything that sparkone writes for the textfile collector, after two backups and a proof. */
export function allJobMetrics(): string {
  const backup = runs('backup', 2, {bytes: 4096, rows: 8, seconds: 300, offsite: 1})
  const verify = runs('verify', 1, {restore: 33})
  return jobMetricsText(
    new Map([
      ['backup', backup],
      ['verify', verify],
    ]),
    {project: 'shop', environment: 'production'},
  )
}

function runs(job: JobName, count: number, figures: Record<string, number>): JobRecord {
  let record = noRecord
  for (let run = 0; run < count; run += 1) record = recordRun(record, job, oneRun, measureRun(job, oneRun, record, figures))
  return record
}

const oneRun = {run: '7c1d0f5e-0000-4000-8000-000000000000', ...times, exitCode: 0}
