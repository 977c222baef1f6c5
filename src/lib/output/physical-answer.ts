import type {PhysicalBackup, PhysicalExpiry} from '../domain/physical-backup.ts'
import {count} from '../domain/quantity.ts'
import {changeAnswer, type Answer} from './document.ts'
import type {CleanupReport} from './views/cleanup.ts'
import {
  physicalBackupView,
  physicalListView,
  physicalPruneView,
  physicalRestoreView,
  physicalUndoView,
  type PhysicalBackupReport,
  type PhysicalListScreen,
  type PhysicalPruneReport,
  type PhysicalRestoreReport,
} from './views/physical.ts'

/** Returns the answer of `backup` by an engine for whole servers. */
export function physicalBackupAnswer(report: PhysicalBackupReport, swept: readonly string[]): Answer {
  const {backup, seconds} = report
  const {label, type, databaseBytes, storedBytes, startedAt, finishedAt} = backup
  return changeAnswer('backup', {
    human: [...swept.map((line) => `Cleaned up: ${line}`), physicalBackupView(report)].join('\n'),
    message: `backup ${label} (${type}) is listed without an error`,
    measurements: [
      {label: 'bytes', value: storedBytes, unit: 'B'},
      {label: 'seconds', value: seconds, unit: 's'},
    ],
    body: {
      kind: 'physical',
      id: label,
      type,
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      bytes: storedBytes,
      databaseBytes,
      seconds: {total: seconds},
      swept,
    },
  })
}

export interface ExpiryReport {
  engine: string
  backups: readonly PhysicalBackup[]
  expiry: PhysicalExpiry
  remove: readonly string[]
  hold: string | null
}

/** Returns what pgBackRest keeps and removes as a place of `backup cleanup`. */
export function expiredPlace(
  {engine, backups, expiry, remove, hold}: ExpiryReport,
  left: readonly string[],
): CleanupReport['places'][number] {
  const due = expiry.labels.length
  return {
    name: 'pgbackrest',
    location: engine,
    failure: expiry.isSet ? null : hold,
    databases: [{database: '(all)', frozen: hold, due}],
    backups: backups.toReversed().map(({label, startedAt, storedBytes, proof}) => ({
      id: label,
      database: '(all)',
      startedAt: startedAt.toISOString(),
      bytes: storedBytes,
      proven: proof?.passed ?? null,
      action: remove.includes(label) ? ('remove' as const) : ('keep' as const),
      reasons: [{rule: expiry.setting, message: reasonFor(label)}],
      failure: left.includes(label) ? 'pgBackRest ended well, but still lists it' : null,
      hidden: false,
    })),
  }

  function reasonFor(label: string): string {
    if (!expiry.labels.includes(label)) return `${expiry.setting} keeps it`
    return remove.includes(label) ? `${expiry.setting} does not keep it` : 'nothing is removed now'
  }
}

/** Returns the answer of `restore --list`. */
export function physicalListAnswer(screen: PhysicalListScreen): Answer {
  const {engine, backups, windows, kept} = screen
  return changeAnswer('restore', {
    human: physicalListView(screen),
    message: `${count(backups.length, 'backup')} by ${engine}`,
    body: {
      kind: 'physical',
      engine,
      backups: backups.map(({label, type, startedAt, finishedAt, databaseBytes, storedBytes, damaged, proof}) => ({
        id: label,
        type,
        startedAt: startedAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
        databaseBytes,
        bytes: storedBytes,
        damaged,
        proven: proof?.passed ?? null,
      })),
      windows: windows.map(({from, to}) => ({from: from.toISOString(), to: to.toISOString()})),
      kept: kept.map(({path, at}) => ({folder: path, at: at.toISOString()})),
    },
  })
}

/** Returns the answer of `restore --at` for a whole server. */
export function physicalRestoreAnswer(report: PhysicalRestoreReport): Answer {
  const {label, at, folder, swapped, kept, commands, proof, recoveryPointSeconds, seconds} = report
  return changeAnswer('restore', {
    human: physicalRestoreView(report),
    message: swapped
      ? `the server is again what it was at ${at.toISOString()}`
      : `the server as of ${at.toISOString()} is ready in ${folder}`,
    measurements: [
      {label: 'recovery time', value: seconds.total, unit: 's'},
      {label: 'swap', value: seconds.swap, unit: 's'},
    ],
    body: {
      kind: 'physical',
      label,
      at: at.toISOString(),
      folder,
      swapped,
      kept,
      commands,
      tables: proof.tables,
      rows: proof.rows,
      notes: proof.differences,
      recoveryPointSeconds,
      seconds,
    },
  })
}

/** Returns the answer of `restore --prune-old` for a whole server. */
export function physicalPruneAnswer(report: PhysicalPruneReport): Answer {
  const message = `${count(report.removed.length, 'kept data folder')} removed`
  return changeAnswer('restore', {human: physicalPruneView(report), message, body: {kind: 'physical', ...report}})
}

/** Returns the answer of `restore --undo` for a whole server. */
export function physicalUndoAnswer(result: {folder: string; broughtBack: string; kept: string | null; seconds: number}): Answer {
  return changeAnswer('restore', {
    human: physicalUndoView(result),
    message: `${result.folder} is again what ${result.broughtBack} was`,
    measurements: [{label: 'swap', value: result.seconds, unit: 's'}],
    body: {kind: 'physical', ...result},
  })
}
