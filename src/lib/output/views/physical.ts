import type {Proof} from '../../domain/backup-set.ts'
import type {KeptFolder} from '../../domain/kept-folder.ts'
import type {PhysicalBackup, RecoveryWindow} from '../../domain/physical-backup.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'
import {table} from '../table.ts'

export interface PhysicalBackupReport {
  backup: PhysicalBackup
  asked: string
  seconds: number
}

/** Returns what a backup by the engine has to say. */
export function physicalBackupView({backup, asked, seconds}: PhysicalBackupReport): string {
  const {label, type, databaseBytes, storedBytes} = backup
  return [
    `Backup ${label} of the whole server`,
    `  type       ${type}${type === asked ? '' : ` (there was no full backup to build ${asked} on)`}`,
    `  stored     ${formatBytes(storedBytes)} (the server has ${formatBytes(databaseBytes)})`,
    `  took       ${formatDuration(seconds * 1000)}`,
    `Not proven yet: sparkone verify ${label}`,
  ].join('\n')
}

export interface PhysicalListScreen {
  engine: string
  backups: readonly PhysicalBackup[]
  windows: readonly RecoveryWindow[]
  kept: readonly KeptFolder[]
  now: Date
  columns: number
}

/** Returns the list of backups, of the times that can be recovered to, and of the folders that restores kept. */
export function physicalListView({engine, backups, windows, kept, now, columns}: PhysicalListScreen): string {
  const rows = backups.map(({label, type, finishedAt, databaseBytes, storedBytes, damaged, proof}) => [
    label,
    type,
    `${formatDuration(now.getTime() - finishedAt.getTime())} ago`,
    `${formatBytes(databaseBytes)}, stored ${formatBytes(storedBytes)}`,
    damaged ? 'DAMAGED' : proofWord(proof),
  ])
  return [
    ...(rows.length === 0
      ? [`There is no backup by ${engine} yet: sparkone backup makes one.`]
      : [`Backups by ${engine}, newest first:`, table(rows, {columns})]),
    ...(windows.length === 0 ? [] : ['Times that can be recovered to (sparkone restore --at TIME):']),
    ...windows.map(({from, to}) => `  ${from.toISOString()} to ${to.toISOString()}`),
    ...(windows.length > 1 ? ['Between these the archive has gaps.'] : []),
    ...(kept.length === 0 ? [] : ['Data folders that restores put aside (sparkone restore --undo brings the first back):']),
    ...kept.map(({path, at}) => `  ${path}, put aside ${formatDuration(now.getTime() - at.getTime())} ago`),
  ].join('\n')
}

export interface PhysicalRestoreReport {
  label: string
  at: Date
  folder: string
  swapped: boolean
  kept: string | null
  commands: readonly string[]
  proof: Pick<Proof, 'tables' | 'rows' | 'differences'>
  recoveryPointSeconds: number
  seconds: {restore: number; compare: number; swap: number; total: number}
}

/** Returns what a recovery has to say: where the data is, and what is left to do. */
export function physicalRestoreView({
  label,
  at,
  folder,
  swapped,
  kept,
  commands,
  proof,
  recoveryPointSeconds,
  seconds,
}: PhysicalRestoreReport): string {
  const took = `${formatDuration(seconds.total * 1000)} (recovery ${formatDuration(seconds.restore * 1000)}, proof ${formatDuration(seconds.compare * 1000)}, swap ${formatDuration(seconds.swap * 1000)})`
  return [
    swapped
      ? `The server is again what it was at ${at.toISOString()}`
      : `The server as it was at ${at.toISOString()} is ready in ${folder}`,
    `  from       backup ${label} and the archive`,
    `  holds      ${count(proof.tables, 'table')}, ${count(proof.rows, 'row')}, each read to its end`,
    `  lost       what was written in the last ${formatDuration(recoveryPointSeconds * 1000)}`,
    `  took       ${took}`,
    ...(swapped && kept !== null ? [`  kept       ${kept}: sparkone restore --undo swaps back`] : []),
    ...(commands.length === 0 ? [] : ['To put it in place:', ...commands.map((command) => `  ${command}`)]),
    ...(swapped ? ['The log goes on along a new timeline; make a backup soon: sparkone backup'] : []),
  ].join('\n')
}

/** Returns what undoing a recovery has to say. */
export function physicalUndoView({
  folder,
  broughtBack,
  kept,
  seconds,
}: {
  folder: string
  broughtBack: string
  kept: string | null
  seconds: number
}): string {
  return [
    `${folder} is again what ${broughtBack} was, after ${formatDuration(seconds * 1000)}`,
    ...(kept === null ? [] : [`  kept       ${kept}: sparkone restore --undo again swaps back`]),
  ].join('\n')
}

/** Returns what was removed of what restores had put aside. */
export function physicalPruneView({removed, kept}: PhysicalPruneReport): string {
  return [
    `Removed ${count(removed.length, 'data folder')} that restores had put aside`,
    ...removed.map(({folder, bytes}) => `  removed    ${folder}, ${formatBytes(bytes)}`),
    ...kept.map((folder) => `  kept       ${folder}`),
  ].join('\n')
}

export interface PhysicalPruneReport {
  folder: string
  removed: readonly {folder: string; bytes: number}[]
  kept: readonly string[]
}

function proofWord(proof: Proof | null): string {
  if (proof === null) return 'not proven'
  return proof.passed ? `proven, recovers in ${formatDuration(proof.seconds.restore * 1000)}` : 'FAILED its proof'
}
