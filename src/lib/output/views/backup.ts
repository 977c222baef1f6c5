import {describeAnomaly} from '../../domain/anomaly.ts'
import {totalRows, type BackupSet} from '../../domain/backup-set.ts'
import {dumpBytes} from '../../domain/dump-member.ts'
import type {CopyOutcome} from '../../domain/offsite.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'

export interface BackupReport {
  set: BackupSet
  copies: readonly CopyOutcome[]
  seconds: {dump: number; readBack: number; total: number}
}

/** Returns what a finished backup has to say: where it lies, what is in it, how long it took. */
export function backupView({set, copies, seconds}: BackupReport): string {
  const {manifest, location} = set
  const {tables, sequences} = manifest.contents
  const {anomalies = []} = manifest
  return [
    `Backup ${manifest.id} of database ${manifest.database}`,
    `  holds      ${count(tables.length, 'table')}, ${count(totalRows(manifest), 'row')}, ${count(sequences.length, 'sequence')}`,
    `  stored     ${formatBytes(dumpBytes(manifest))} (${manifest.tool.compression}; the database has ${formatBytes(manifest.databaseBytes)})`,
    `  took       ${formatDuration(seconds.total * 1000)} (dump ${formatDuration(seconds.dump * 1000)}${byJobs(set)}, read back ${formatDuration(seconds.readBack * 1000)})`,
    `  lies in    ${location}`,
    ...copies.flatMap(copyLines),
    ...anomalies.map((anomaly) => `  ! ${describeAnomaly(anomaly)}`),
    ...(anomalies.length === 0 ? [] : [`Nothing is cleaned up until somebody has looked: sparkone backup accept ${manifest.id}`]),
    `Not proven yet: sparkone verify ${manifest.id}`,
  ].join('\n')
}

function byJobs({manifest: {dumping}}: BackupSet): string {
  return dumping && dumping.jobs > 1 ? ` by ${dumping.jobs} processes` : ''
}

/** Returns how the copy at a target off-site went. */
export function copyLines({target, location, confirmed, bytes, seconds, failure}: CopyOutcome): string[] {
  if (confirmed) return [`  copied to  ${target}, ${location} (${formatBytes(bytes)} confirmed, ${formatDuration(seconds * 1000)})`]
  return [`  ! no copy at ${target}: ${failure?.message ?? 'not confirmed'}`, `    Next: ${failure?.hint ?? 'sparkone sync finishes it.'}`]
}
