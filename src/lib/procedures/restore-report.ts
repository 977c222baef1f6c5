import {totalRows} from '../domain/backup-set.ts'
import type {RestoreReport} from '../domain/restore-report.ts'
import type {RestoreResult} from './restore.ts'

/** Returns what a finished restore has to say. */
export function restoreReport({
  source,
  database,
  kept,
  roles,
  api,
  rehearsal,
  recoveryPointSeconds,
  seconds,
}: RestoreResult): RestoreReport {
  const {contents, differences, loading} = rehearsal
  const tables = contents.tables.length
  return {
    label: source.label,
    database,
    kept,
    roles,
    api,
    tables,
    rows: totalRows({contents}),
    notes: differences,
    loading,
    recoveryPointSeconds,
    seconds,
  }
}
