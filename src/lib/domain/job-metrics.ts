import {family} from './exposition.ts'
import {isGood, type JobName, type JobRecord, type JobRun} from './job.ts'

/** What a run said of itself, by the labels of its measurements. */
export type RunFigures = Readonly<Record<string, number | undefined>>

/** Each metric that a run of a job can write, with what it tells; `sparkone_backup_` stands before the name. */
const help = {
  last_success_timestamp_seconds: 'When the newest backup was finished.',
  last_proof_timestamp_seconds: 'When a backup was proven last.',
  last_proof_passed: 'Whether the newest proof passed: 1, or 0 when it failed.',
  last_offsite_timestamp_seconds: 'When all off-site targets were last confirmed to hold the newest backup.',
  duration_seconds: 'How long the newest backup took.',
  bytes: 'Size of all files of the newest backup.',
  rows: 'Rows of all tables in the newest backup.',
  rpo_seconds: 'Recovery point: how much was at stake when the newest backup was finished, counted from the start of the one before.',
  rto_seconds: 'Recovery time: how long the newest proof took to restore the backup.',
} as const

type MetricName = keyof typeof help

/** The corrupt of the exit codes: a proof that failed. */
const failedProof = 13

/** Returns what a run shows of the state of the backups; `record` is from before it. */
export function measureRun(job: JobName, run: JobRun, record: JobRecord, figures: RunFigures): Partial<Record<MetricName, number>> {
  const seconds = Date.parse(run.endedAt) / 1000
  const offsite = figures.offsite === 1 && isGood(run.exitCode) ? {last_offsite_timestamp_seconds: seconds} : {}
  if (job === 'verify') return measureProof(run.exitCode, seconds, figures)
  if (job !== 'backup' || !isGood(run.exitCode)) return offsite
  const {bytes = 0, rows = 0, seconds: duration = 0} = figures
  const before = record.goodAt === null ? {} : {rpo_seconds: Math.max(seconds - Date.parse(record.goodAt) / 1000, 0)}
  return {last_success_timestamp_seconds: seconds, duration_seconds: duration, bytes, rows, ...before, ...offsite}
}

/**
 * Returns what a run of another job than `verify` shows of proofs, which is remembered with those of `verify`, whose record is given: drills prove too,
 * and `sync` takes proofs that were made elsewhere. One that is not the newest shows nothing.
 */
export function measureOtherProof(
  job: JobName,
  run: JobRun,
  verified: JobRecord,
  figures: RunFigures,
): Partial<Record<MetricName, number>> {
  if (job === 'drill' && run.exitCode === failedProof) return measureProof(run.exitCode, 0, figures)
  const {proven} = figures
  const {last, measured} = verified
  const failedAt = last?.exitCode === failedProof ? Date.parse(last.endedAt) / 1000 : 0
  if (proven === undefined || proven <= Math.max(failedAt, measured.last_proof_timestamp_seconds ?? 0)) return {}
  return measureProof(0, proven, figures)
}

/** Returns the metrics of all jobs in the text exposition format. */
export function jobMetricsText(records: ReadonlyMap<JobName, JobRecord>, labels: {project: string; environment: string}): string {
  const ran = [...records].filter(([, {last}]) => last !== null)
  const ofJobs = (name: string, text: string, value: (record: JobRecord) => number) =>
    ran.length === 0
      ? []
      : [
          family(
            name,
            'gauge',
            text,
            ran.map(([job, record]) => ({labels: {...labels, job_name: job}, value: value(record)})),
          ),
        ]
  const measured = Object.assign({}, ...[...records.values()].map((record) => record.measured)) as Record<string, number>
  const known = (Object.keys(help) as MetricName[]).filter((name) => measured[name] !== undefined)
  return [
    ...known.map((name) => family(`sparkone_backup_${name}`, 'gauge', help[name], [{labels, value: measured[name]!}])),
    ...ofJobs('sparkone_job_last_exit_code', 'Exit code of the newest run of each job.', ({last}) => last!.exitCode),
    ...ofJobs(
      'sparkone_job_last_run_timestamp_seconds',
      'When the newest run of each job ended.',
      ({last}) => Date.parse(last!.endedAt) / 1000,
    ),
    ...ofJobs('sparkone_job_skips', 'Runs in a row that found another one holding the lock.', ({skips}) => skips),
  ].join('')
}

function measureProof(exitCode: number, seconds: number, {restore}: RunFigures): Partial<Record<MetricName, number>> {
  if (exitCode === failedProof) return {last_proof_passed: 0}
  if (!isGood(exitCode)) return {}
  return {last_proof_passed: 1, last_proof_timestamp_seconds: seconds, ...(restore === undefined ? {} : {rto_seconds: restore})}
}
