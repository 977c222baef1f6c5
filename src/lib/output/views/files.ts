import type {Proof} from '../../domain/backup-set.ts'
import {shownPath, type FileSet} from '../../domain/file-archive.ts'
import type {CopyOutcome} from '../../domain/offsite.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'
import {copyLines} from './backup.ts'

const shownProblems = 10

export interface FilesBackupReport {
  set: FileSet
  copies: readonly CopyOutcome[]
  seconds: {pack: number; readBack: number; total: number}
}

/** Returns what a finished backup of files has to say: what is in it, where it lies, and every file that is not as it should be. */
export function filesBackupView({set, copies, seconds}: FilesBackupReport): string {
  const {id, files, members} = set.manifest
  const archive = members.find(({name}) => name.startsWith('files.tar.zst'))?.bytes ?? 0
  const problems = files.problems.slice(0, shownProblems).map(({path, message}) => `  ! ${shownPath(path)}: ${message}`)
  const more = files.problems.length > shownProblems ? [`  ! … and ${files.problems.length - shownProblems} more, in report.json`] : []
  return [
    `Backup ${id} of files in ${files.folder}`,
    `  holds      ${count(files.files, 'file')}, ${formatBytes(files.bytes)}`,
    `  stored     ${formatBytes(archive)}`,
    `  took       ${formatDuration(seconds.total * 1000)} (pack ${formatDuration(seconds.pack * 1000)}, read back ${formatDuration(seconds.readBack * 1000)})`,
    `  lies in    ${set.location}`,
    ...copies.flatMap(copyLines),
    ...problems,
    ...more,
    `Not proven yet: sparkone verify --files ${id}`,
  ].join('\n')
}

/** Returns what the verification of a set of files showed. */
export function filesProofView({id, passed, where, files = 0, differences, seconds}: Proof): string {
  const lines = differences
    .slice(0, shownProblems)
    .map(({subject, expected, actual}) => `  ! ${subject}: expected ${expected}, found ${actual}`)
  const more = differences.length > shownProblems ? [`  … and ${differences.length - shownProblems} more`] : []
  return [
    `Backup ${id} ${passed ? 'is proven' : 'FAILED its proof'}`,
    `  unpacked   in ${where}`,
    `  compared   ${count(files, 'file')} by SHA-256`,
    `  took       ${formatDuration(seconds.total * 1000)}`,
    ...lines,
    ...more,
  ].join('\n')
}

export interface FilesRestoreReport {
  set: FileSet
  folder: string
  kept: string | null
  files: number
  bytes: number
  replaced: number
  seconds: number
}

/** Returns what a finished restore of files has to say. */
export function filesRestoreView({set, folder, kept, files, bytes, replaced, seconds}: FilesRestoreReport): string {
  return [
    `The files of backup ${set.manifest.id} are in ${folder}`,
    `  holds      ${count(files, 'file')}, ${formatBytes(bytes)}, each compared with the backup`,
    `  took       ${formatDuration(seconds * 1000)}`,
    ...(kept === null ? [] : [`  kept       ${replaced} that ${replaced === 1 ? 'was' : 'were'} there before, in ${kept}`]),
  ].join('\n')
}
