import type {CopyFailure} from '../../domain/offsite.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'

export interface SyncReport {
  target: string
  location: string
  copied: readonly {id: string; bytes: number; seconds: number}[]
  proofs: readonly string[]
  taken: readonly string[]
  marks: readonly string[]
  abandoned: readonly string[]
  leftovers: readonly string[]
  remarks: readonly string[]
  failures: readonly (CopyFailure & {id: string | null})[]
}

/** Returns what was copied to each target, and what could not be. */
export function syncView(targets: readonly SyncReport[]): string {
  return targets.flatMap(targetLines).join('\n')
}

/** Returns one line for all targets. */
export function syncMessage(targets: readonly SyncReport[]): string {
  const copied = targets.reduce((sum, target) => sum + target.copied.length, 0)
  const failures = targets.flatMap(({target, failures: all}) => all.map(({message}) => `${target}: ${message}`))
  return [`${count(copied, 'copy', 'copies')} made`, ...failures].join('; ')
}

function targetLines({target, location, copied, proofs, taken, marks, abandoned, leftovers, remarks, failures}: SyncReport): string[] {
  const isIdle = [copied, proofs, taken, marks, abandoned, leftovers, failures].every(({length}) => length === 0)
  return [
    `${target} (${location})${isIdle ? ' has everything' : ''}`,
    ...copied.map(({id, bytes, seconds}) => `  copied     ${id}, ${formatBytes(bytes)} confirmed, ${formatDuration(seconds * 1000)}`),
    ...(proofs.length === 0 ? [] : [`  proofs     ${proofs.join(', ')}`]),
    ...(taken.length === 0 ? [] : [`  taken      the proofs of ${taken.join(', ')}, made elsewhere`]),
    ...(marks.length === 0 ? [] : [`  marks      ${marks.join(', ')}`]),
    ...(abandoned.length === 0 ? [] : [`  given up   ${abandoned.join(', ')}`]),
    ...(leftovers.length === 0 ? [] : [`  removed    ${leftovers.join(', ')} (never became whole)`]),
    ...remarks.map((remark) => `  note       ${remark}`),
    ...failures.flatMap(({id, message, hint}) => [
      `  ! ${id === null ? '' : `${id}: `}${message}`,
      ...(hint === null ? [] : [`    Next: ${hint}`]),
    ]),
  ]
}
