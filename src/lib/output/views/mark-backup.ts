import {describeAnomaly} from '../../domain/anomaly.ts'
import type {BackupSet, Marks} from '../../domain/backup-set.ts'

export interface MarkReport {
  set: BackupSet
  marks: Marks
  /** Names of the places whose copy has the mark now. */
  places: readonly string[]
  failures: readonly {place: string; message: string}[]
}

/** Returns what now stands beside a backup, and where it could not be written. */
export function markView({set: {manifest}, marks, places, failures}: MarkReport): string {
  const {anomalies = []} = manifest
  return [
    `Backup ${manifest.id} of database ${manifest.database} (${places.join(', ')})`,
    `  ${marks.keep ? `kept whatever the rules say, since ${marks.keep.at} by ${marks.keep.by}` : 'left to the rules of retention'}`,
    ...anomalies.map((anomaly) => `  ${marks.accepted ? 'accepted' : 'not accepted'}: ${describeAnomaly(anomaly)}`),
    ...failures.map(({place, message}) => `  ! ${place}: ${message}`),
  ].join('\n')
}
