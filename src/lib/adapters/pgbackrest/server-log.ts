import type {RecoveryPoint} from '../../domain/physical-backup.ts'
import {OperatorError} from '../../errors.ts'

const missingLog = /could not locate (?:required|a valid) checkpoint record|WAL ends before/
const lacksLog = 'The archive lacks a part of the log (WAL) that the backup cannot be recovered without.'

/** Returns why a server ended while it was recovering, by what it logged. `target` is the time it should have reached. */
export function explainLog(log: string, target: RecoveryPoint): OperatorError {
  const [, archive] = /ERROR: \[(?:026|028|029|095)\]: (.*)/.exec(log) ?? []
  if (archive !== undefined) return new OperatorError('corrupt', `A file of the archive is damaged: ${archive}.`, {hint: otherBackup})
  if (missingLog.test(log)) return new OperatorError('notFound', lacksLog, {hint: otherBackup})
  if (/recovery ended before configured recovery target was reached/.test(log)) return endsEarly(log, target)
  if (/recovery stop point is before consistent/.test(log)) {
    return new OperatorError('notFound', 'The backup is not consistent yet at that time.', {
      hint: 'Name a later time: sparkone restore --list shows from when on.',
    })
  }
  const [, complaint = 'it said nothing'] = /(?:FATAL|PANIC): {2}(.*)/.exec(log) ?? []
  const kind = /No space left on device/.test(log) ? 'noSpace' : 'failed'
  return new OperatorError(kind, `The recovering server ended: ${complaint}.`, {details: log.trim().split('\n').slice(-6)})
}

const otherBackup = 'Use another backup (sparkone restore --list), and make a new one: sparkone backup --type full'

function endsEarly(log: string, target: RecoveryPoint): OperatorError {
  const [, last] = [...log.matchAll(/last completed transaction was at log time (.*)/g)].at(-1) ?? []
  const until = last === undefined ? '' : `; the last transaction in it is of ${last}`
  return new OperatorError(
    'notFound',
    `The archive ends before ${target instanceof Date ? target.toISOString() : 'what was asked for'}${until}.`,
    {
      hint: 'Name an earlier time, or see whether the server still has what it did not archive: sparkone doctor',
    },
  )
}
