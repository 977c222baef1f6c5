import {totalBytes, type Proof} from '../domain/backup-set.ts'
import {count} from '../domain/quantity.ts'
import {exitCodes} from '../errors.ts'
import {describeFailedCopy} from '../domain/offsite.ts'
import {changeAnswer, type Answer} from './document.ts'
import {filesBackupView, filesProofView, filesRestoreView, type FilesBackupReport, type FilesRestoreReport} from './views/files.ts'

/** Returns the answer of `backup --files`; a file that is missing or changed under way makes it a warning. */
export function filesBackupAnswer(report: FilesBackupReport, swept: readonly string[]): Answer {
  const {set, copies, seconds} = report
  const {id, files, tags = []} = set.manifest
  const bytes = totalBytes(set.manifest)
  const {problems} = files
  const troubles = [
    ...(problems.length === 0 ? [] : [`${count(problems.length, 'file')} missing or changed while read`]),
    ...copies.filter(({confirmed}) => !confirmed).map(describeFailedCopy),
  ]
  return changeAnswer('backup', {
    human: [...swept.map((line) => `Cleaned up: ${line}`), filesBackupView(report)].join('\n'),
    message: [`backup ${id} holds ${count(files.files, 'file')}`, ...troubles].join('; '),
    exitCode: troubles.length > 0 ? exitCodes.warning : 0,
    measurements: [
      {label: 'bytes', value: bytes, unit: 'B'},
      {label: 'files', value: files.files},
      {label: 'seconds', value: seconds.total, unit: 's'},
    ],
    body: {
      kind: 'files',
      id,
      location: set.location,
      folder: files.folder,
      files: files.files,
      entries: files.entries,
      contentBytes: files.bytes,
      bytes,
      problems,
      tags,
      seconds,
      copies,
      swept,
    },
  })
}

/** Returns the answer of `verify` for a set of files. */
export function filesProofAnswer(proof: Proof): Answer {
  const {id, passed, files = 0, seconds} = proof
  return changeAnswer('verify', {
    human: filesProofView(proof),
    message: passed ? `backup ${id} is proven: ${count(files, 'file')}` : `backup ${id} failed its proof`,
    exitCode: passed ? 0 : exitCodes.corrupt,
    measurements: [
      {label: 'files', value: files},
      {label: 'seconds', value: seconds.total, unit: 's'},
    ],
    body: {proof},
  })
}

/** Returns the answer of `restore --files`. */
export function filesRestoreAnswer(report: FilesRestoreReport): Answer {
  const {set, ...rest} = report
  return changeAnswer('restore', {
    human: filesRestoreView(report),
    message: `${count(report.files, 'file')} of backup ${set.manifest.id} are in ${report.folder}`,
    measurements: [{label: 'recovery time', value: report.seconds, unit: 's'}],
    body: {label: set.manifest.id, ...rest},
  })
}
