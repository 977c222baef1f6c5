import type {ApiAfterSwap} from '../../domain/api-around-swap.ts'
import {describeContents, totalRows, type BackupSet} from '../../domain/backup-set.ts'
import type {RestoreReport} from '../../domain/restore-report.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'
import {isSuspect} from '../../domain/retention.ts'
import {table} from '../table.ts'

/** Returns what a finished restore has to say: what is live now, what was kept, how long it took; `undo` is what takes it back. */
export function restoreView(
  {label, database, kept, roles, api, tables, rows, notes, loading, recoveryPointSeconds, seconds}: RestoreReport,
  undo = undoCommand([], ''),
): string {
  const age = recoveryPointSeconds === null ? [] : [`  state of   ${formatDuration(recoveryPointSeconds * 1000)} ago (recovery point)`]
  return [
    `Database ${database} is now ${label}`,
    `  holds      ${count(tables, 'table')}, ${count(rows, 'row')}, each compared with the backup`,
    ...(roles.length > 0 ? [`  made       ${count(roles.length, 'role')}: ${roles.join(', ')}`] : []),
    ...age,
    `  took       ${formatDuration(seconds.total * 1000)} (restore ${formatDuration(seconds.restore * 1000)}${byJobs(loading)}, swap ${formatDuration(seconds.swap * 1000)})`,
    ...notes.map(({subject, expected, actual}) => `  note       ${subject}: was ${expected}, is ${actual}`),
    ...apiLine(api),
    ...(kept ? [`  kept       the database of before, as ${kept}`, `To swap back: ${undo}`] : []),
  ].join('\n')
}

function byJobs(loading: RestoreReport['loading']): string {
  return loading && loading.jobs > 1 ? ` by ${loading.jobs} processes` : ''
}

function apiLine(api: ApiAfterSwap | null): string[] {
  if (!api) return []
  return [`  API        ${api.done}, ${api.healthy ? 'and is healthy' : `but NOT healthy: ${api.problem}`}`]
}

/** Returns what swaps a database back; where several are backed up, it must be said which. */
export function undoCommand(databases: readonly string[], database: string): string {
  return databases.length === 0 ? 'sparkone restore --undo' : `sparkone restore --undo --database ${database}`
}

export interface UndoReport {
  database: string
  api: ApiAfterSwap | null
  broughtBack: string
  kept: string | null
  seconds: number
}

/** Returns what an undone restore has to say; `undo` is what takes that back. */
export function undoView({database, broughtBack, kept, api, seconds}: UndoReport, undo = undoCommand([], '')): string {
  return [
    `Database ${database} is again what ${broughtBack} was, after ${formatDuration(seconds * 1000)}`,
    ...apiLine(api),
    ...(kept ? [`  kept       the database of before, as ${kept}`, `To swap forward again: ${undo}`] : []),
  ].join('\n')
}

/** Returns which databases were dropped for good, and which stay. */
export function pruneView({dropped, kept}: {dropped: readonly {name: string; bytes: number}[]; kept: readonly string[]}): string {
  const lines = dropped.map(({name, bytes}) => `  dropped    ${name}, ${formatBytes(bytes)}`)
  return [
    `Dropped ${count(dropped.length, 'database')} that restores had put aside`,
    ...lines,
    ...kept.map((name) => `  kept       ${name}`),
  ].join('\n')
}

export interface ListReport {
  location: string
  sets: readonly (BackupSet & {where: readonly string[]})[]
  broken: readonly {location: string; reason: string}[]
  kept: readonly {name: string; at: string; why: string}[]
  /** What brings the first of those back. */
  undo: string
  unseen: readonly {name: string; location: string; message: string}[]
  now: Date
  columns: number
}

/** Returns the backups there are, newest first, and the databases that earlier restores kept. */
export function listView({location, sets, broken, kept, undo, unseen, now, columns}: ListReport): string {
  const places = new Set(sets.flatMap(({where}) => where))
  const isSpread = places.size > 1 || !places.has('local')
  const rowOf = ({manifest, proof, marks, where}: ListReport['sets'][number]) => [
    manifest.id,
    `${formatDuration(now.getTime() - Date.parse(manifest.startedAt))} ago`,
    formatBytes(manifest.members.reduce((sum, member) => sum + member.bytes, 0)),
    manifest.files ? count(manifest.files.files, 'file') : `${totalRows(manifest)} rows`,
    ...(isSpread ? [where.join(', ')] : []),
    [proofWord(proof), ...notesOf({manifest, marks})].join(', '),
  ]
  return [
    ...(sets.length === 0
      ? [`There is no backup in ${location} yet: sparkone backup makes one.`]
      : [`Backups${isSpread ? '' : ` in ${location}`}, newest first:`, ...tablesOf(sets, rowOf, columns)]),
    ...unseen.map((target) => `Not known what lies at ${target.name}: ${target.message}`),
    ...broken.map((entry) => `Not a backup: ${entry.location} (${entry.reason})`),
    ...(kept.length === 0 ? [] : [`Databases that restores put aside (${undo} brings the first back):`]),
    ...kept.map(({name, at, why}) => `  ${name}, put aside ${formatDuration(now.getTime() - Date.parse(at))} ago by ${why}`),
  ].join('\n')
}

/** Backups of several databases, and of files, stand apart. */
function tablesOf(sets: ListReport['sets'], rowOf: (set: ListReport['sets'][number]) => string[], columns: number): string[] {
  const groups = [...Map.groupBy(sets, ({manifest}) => manifest.database)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  if (groups.length < 2) return [table(sets.map(rowOf), {columns})]
  return groups.flatMap(([database, members]) => [`Of ${describeContents(database)}:`, table(members.map(rowOf), {columns})])
}

function notesOf({manifest, marks}: Pick<BackupSet, 'manifest' | 'marks'>): string[] {
  const isSmall = isSuspect({manifest, ...(marks && {marks})})
  return [...(marks?.keep ? ['kept'] : []), ...(isSmall ? ['SUSPICIOUSLY SMALL'] : []), ...(manifest.tags ?? [])]
}

function proofWord(proof: BackupSet['proof']): string {
  if (proof === null) return 'not proven'
  return proof.passed ? `proven, restores in ${formatDuration(proof.seconds.restore * 1000)}` : 'FAILED its proof'
}
