import type {Finding} from './finding.ts'
import type {LogRule} from './log-rule.ts'

/** A process that has a log open for writing. */
export interface LogWriter {
  process: number
  program: string
  /** Every write goes to the end of the file, wherever that is by then. */
  appends: boolean
}

export interface LogWriters {
  byPath: ReadonlyMap<string, readonly LogWriter[]>
  /** Some processes do not show what they have open. */
  isPartial: boolean
}

/**
 * Returns by which rule a log goes that is to be copied and emptied. A writer that does not append would write on at its old place and leave a
 * hole before it: then the log is renamed where a signal can tell the writer, and otherwise left alone.
 */
export function judgeWriters(
  path: string,
  rule: LogRule,
  {byPath, isPartial}: LogWriters,
): {rule: LogRule; obstacle: null} | {obstacle: Finding} {
  const unsafe = (byPath.get(path) ?? []).filter(({appends}) => !appends)
  if (unsafe.length === 0 && !isPartial) return {rule, obstacle: null}
  if (rule.signal !== null) return {rule: {...rule, copyTruncate: false, create: rule.create ?? 'same'}, obstacle: null}
  const message =
    unsafe.length > 0
      ? `not rotated: ${nameWriters(unsafe)} writes to it without appending (O_APPEND), and emptying it would leave a hole`
      : 'not rotated: who writes to it cannot be seen by this user, and copytruncate is safe only where every writer appends'
  const hint =
    unsafe.length > 0
      ? 'Open the log for appending (>> in a shell), or set signal so that it can be renamed.'
      : 'Run as root, or set signal so that it can be renamed.'
  return {obstacle: {subject: path, status: 'warning', message, hint}}
}

/** Returns a finding for a log that was renamed while somebody goes on writing to it under its new name. */
export function stillWritten(rotated: string, writers: readonly LogWriter[], {compress, delayCompress, signal}: LogRule): Finding {
  const waits = compress && !delayCompress ? '; it is compressed next time' : ''
  return {
    subject: rotated,
    status: 'warning',
    message: `${nameWriters(writers)} goes on writing to it after the rotation${waits}`,
    hint:
      signal === null
        ? 'Set signal for its rule, or copytruncate where the writer appends.'
        : `Look whether ${signal.name} makes it open its log anew.`,
  }
}

function nameWriters(writers: readonly LogWriter[]): string {
  return writers.map(({program, process}) => `${program} (process ${process})`).join(', ')
}
