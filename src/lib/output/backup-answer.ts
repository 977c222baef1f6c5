import {describeAnomaly} from '../domain/anomaly.ts'
import {totalBytes, totalRows} from '../domain/backup-set.ts'
import type {Measurement} from '../domain/finding.ts'
import {describeFailedCopy} from '../domain/offsite.ts'
import {exitCodes} from '../errors.ts'
import {changeAnswer, type Answer} from './document.ts'
import {backupView, type BackupReport} from './views/backup.ts'

/** Returns the answer of `backup` for a dump; a set that is suspiciously small, or a copy that failed, makes it a warning. */
export function dumpAnswer(report: BackupReport, swept: readonly string[]): Answer {
  const {set, copies, seconds} = report
  const anomalies = set.manifest.anomalies ?? []
  const failedCopies = copies.filter(({confirmed}) => !confirmed)
  const troubles = [...anomalies.map(describeAnomaly), ...failedCopies.map(describeFailedCopy)]
  return changeAnswer('backup', {
    human: [...swept.map((line) => `Cleaned up: ${line}`), backupView(report)].join('\n'),
    message: [`backup ${set.manifest.id} holds ${totalRows(set.manifest)} rows`, ...troubles].join('; '),
    exitCode: troubles.length > 0 ? exitCodes.warning : 0,
    measurements: measurementsOf(report),
    body: {
      id: set.manifest.id,
      location: set.location,
      database: set.manifest.database,
      bytes: totalBytes(set.manifest),
      rows: totalRows(set.manifest),
      tables: set.manifest.contents.tables,
      tags: set.manifest.tags ?? [],
      anomalies,
      dumping: {jobs: set.manifest.dumping?.jobs ?? 1, why: set.manifest.dumping?.why ?? 'there was one way alone'},
      seconds,
      copies,
      swept,
    },
  })
}

/** Returns the answer of a backup with what the hooks behind it said: a warning at least, and none the worse. */
export function withHookRemarks(answer: Answer, remarks: readonly string[]): Answer {
  const body = {...answer.body, remarks}
  if (remarks.length === 0) return {...answer, body}
  const findings = answer.findings.map((finding) => ({
    ...finding,
    status: finding.status === 'ok' ? ('warning' as const) : finding.status,
    message: [finding.message, ...remarks].join('; '),
  }))
  const human = [answer.human, ...remarks.map((line) => `Warning: ${line}`)].join('\n')
  return {...answer, body, findings, human, exitCode: Math.max(answer.exitCode, exitCodes.warning)}
}

function measurementsOf({set, copies, seconds}: BackupReport): Measurement[] {
  const offsite = copies.every(({confirmed}) => confirmed) ? 1 : 0
  return [
    {label: 'bytes', value: totalBytes(set.manifest), unit: 'B'},
    {label: 'rows', value: totalRows(set.manifest)},
    {label: 'seconds', value: seconds.total, unit: 's'},
    ...(copies.length === 0 ? [] : [{label: 'offsite', value: offsite}]),
  ]
}
