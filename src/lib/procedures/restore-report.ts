import {totalRows} from '../domain/backup-set.ts'
import type {Difference} from '../domain/inventory.ts'
import type {RestoreResult} from './restore.ts'

/** What a finished restore has to say, in the shape that its document and its screen share. */
export interface RestoreReport {
  label: string
  database: string
  kept: string | null
  tables: number
  rows: number
  notes: readonly Difference[]
  recoveryPointSeconds: number | null
  seconds: RestoreResult['seconds']
}

export function restoreReport({source, database, kept, rehearsal, recoveryPointSeconds, seconds}: RestoreResult): RestoreReport {
  const {contents, differences} = rehearsal
  const tables = contents.tables.length
  return {label: source.label, database, kept, tables, rows: totalRows({contents}), notes: differences, recoveryPointSeconds, seconds}
}
