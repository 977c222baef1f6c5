import {describeContents} from '../../domain/backup-set.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'
import type {Reason} from '../../domain/retention-policy.ts'
import {table} from '../table.ts'
import {theme, type Look} from '../theme.ts'

export interface CleanupReport {
  places: readonly {
    name: string
    location: string
    /** Why nothing is known of it. */
    failure: string | null
    databases: readonly {database: string; frozen: string | null; due: number}[]
    backups: readonly CleanedBackup[]
  }[]
}

export interface CleanedBackup {
  id: string
  database: string
  startedAt: string
  bytes: number
  /** Null: not verified yet. */
  proven: boolean | null
  action: 'keep' | 'remove'
  reasons: readonly Reason[]
  /** Why it could not be removed. */
  failure: string | null
  /** It was removed, but its store keeps it as an older version. */
  hidden: boolean
}

/** Returns, for each place, what stays and what goes, and all reasons for it. */
export function cleanupView({places}: CleanupReport, look: Look & {now: Date}): string {
  const paint = theme(look)
  return places
    .flatMap(({name, location, failure, databases, backups}) => {
      if (failure !== null) return [paint.heading(`${name}: ${location}`), `  ! ${failure}`]
      const doomed = backups.filter(({action}) => action === 'remove')
      const bytes = formatBytes(doomed.reduce((sum, backup) => sum + backup.bytes, 0))
      const verdict = `keep ${count(backups.length - doomed.length, 'backup')}, remove ${doomed.length}${doomed.length > 0 ? ` (${bytes})` : ''}`
      return [
        paint.heading(`${name}: ${location}: ${verdict}`),
        ...databases.flatMap(({database, frozen, due}) =>
          frozen === null || due === 0 ? [] : [`  ! ${describeContents(database)}: ${frozen} (the rules would remove ${due})`],
        ),
        ...hiddenLine(backups),
        ...rowsOf(backups, look),
      ]
    })
    .join('\n')
}

/** What takes up as much room as before must not be taken for freed. */
function hiddenLine(backups: readonly CleanedBackup[]): string[] {
  const hidden = backups.filter((backup) => backup.hidden)
  if (hidden.length === 0) return []
  const bytes = formatBytes(hidden.reduce((sum, backup) => sum + backup.bytes, 0))
  return [
    `  note: ${count(hidden.length, 'backup')} (${bytes}) hidden, and kept by the store as older versions until a rule of the bucket ends them`,
  ]
}

/** The database is worth a column only where there is more than one. */
function rowsOf(backups: readonly CleanedBackup[], look: Look & {now: Date}): string[] {
  const isMixed = new Set(backups.map(({database}) => database)).size > 1
  const rows = backups.map((backup) => rowOf(backup, isMixed, look))
  return rows.length === 0 ? [] : [table(rows, look)]
}

function rowOf(backup: CleanedBackup, isMixed: boolean, {now, ...look}: Look & {now: Date}) {
  const {id, database, startedAt, proven, action, reasons, failure} = backup
  const paint = theme(look)
  const words = failure === null ? reasons.map(({message}) => message) : [`could not be removed: ${failure}`]
  const remove = {text: 'remove', paint: (text: string) => paint.status(failure === null ? 'warning' : 'critical', text)}
  const age = formatDuration(now.getTime() - Date.parse(startedAt))
  return [
    action === 'keep' ? 'keep' : remove,
    id,
    ...(isMixed ? [describeContents(database)] : []),
    age,
    proofWord(proven),
    words.join('; '),
  ]
}

function proofWord(proven: boolean | null): string {
  if (proven === null) return 'unproven'
  return proven ? 'proven' : 'failed'
}
