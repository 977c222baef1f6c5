import {didYouMean, nearestId} from './nearest.ts'
import {OperatorError} from '../errors.ts'
import type {Proof} from './backup-set.ts'
import {isPast, type Lineage} from './lineage.ts'
import {segmentName, segmentNumber, stretchesOf, timelineOf, type ArchivedSegment} from './wal-archive.ts'

export const physicalTypes = ['full', 'diff', 'incr'] as const
/** All files of the server, those changed since the last full backup, or those changed since the last backup. */
export type PhysicalType = (typeof physicalTypes)[number]

/** How far a recovery goes: to a time, to the last that is in the archive, or no further than the backup itself (null). */
export type RecoveryPoint = Date | 'latest' | null

/** A backup of all files of a server, as the engine lists it. */
export interface PhysicalBackup {
  label: string
  type: PhysicalType
  startedAt: Date
  /** From here on a time can be recovered to. */
  finishedAt: Date
  /** Of the server's files. */
  databaseBytes: number
  /** That it added to the repository. */
  storedBytes: number
  /** Names of the segments of the log that it needs at least. */
  firstSegment: string
  lastSegment: string
  /** Location in the log at which it is consistent. */
  consistentAt: bigint
  /** The engine found pages with wrong checksums. */
  damaged: boolean
  majorVersion: number
  systemIdentifier: string
  proof: Proof | null
}

export interface PhysicalInventory {
  /** Oldest first. */
  backups: readonly PhysicalBackup[]
  segments: readonly ArchivedSegment[]
}

/** What the engine would remove now by its own settings. */
export interface PhysicalExpiry {
  /** Labels, in the order in which they would go. */
  labels: readonly string[]
  /** The setting that decides, such as `repo1-retention-full`. */
  setting: string
  isSet: boolean
}

export interface RecoveryWindow {
  from: Date
  to: Date
}

export interface TypePolicy {
  fullEveryMilliseconds: number
  between: Exclude<PhysicalType, 'full'>
}

/** What runs each week begins a little earlier or later each time; a full backup must not slip by a day for that. */
const toleranceMilliseconds = 60 * 60 * 1000

/** Returns the type of the next backup and why. A damaged full backup is no base for others. */
export function chooseType(backups: readonly PhysicalBackup[], now: Date, policy: TypePolicy): {type: PhysicalType; reason: string} {
  const full = backups.findLast(({type, damaged}) => type === 'full' && !damaged)
  if (!full) return {type: 'full', reason: 'there is no full backup yet'}
  const isDue = now.getTime() - full.startedAt.getTime() >= policy.fullEveryMilliseconds - toleranceMilliseconds
  if (isDue) return {type: 'full', reason: `the last full backup, ${full.label}, is old enough`}
  return {type: policy.between, reason: `the last full backup is ${full.label}`}
}

/** Returns the times that can be recovered to, oldest first: each from the end of a backup to where the archive ends or has a gap. */
export function recoveryWindows({backups, segments}: PhysicalInventory, lineage: Lineage, segmentBytes: number): RecoveryWindow[] {
  return stretchesOf(segments, lineage, segmentBytes).flatMap(({first, last, until}) => {
    const inside = usable(backups, lineage).find(
      ({firstSegment, lastSegment}) =>
        segmentNumber(firstSegment, segmentBytes) >= first && segmentNumber(lastSegment, segmentBytes) <= last,
    )
    return inside ? [{from: inside.finishedAt, to: later(inside.finishedAt, until)}] : []
  })
}

/** Returns the newest backup from which a time can be recovered. Throws `notFound`, with what can be recovered. */
export function backupBefore(at: Date, inventory: PhysicalInventory, lineage: Lineage): PhysicalBackup {
  const candidates = usable(inventory.backups, lineage)
  // The engine tells whole seconds, so within the second of its end nobody knows whether a backup is consistent yet.
  const found = candidates.findLast(({finishedAt}) => finishedAt.getTime() + 1000 <= at.getTime())
  if (found) return found
  const [oldest] = candidates
  throw new OperatorError('notFound', `No backup ended before ${at.toISOString()}, so this time cannot be recovered.`, {
    hint: oldest
      ? `The oldest time that can be is ${new Date(oldest.finishedAt.getTime() + 1000).toISOString()}.`
      : 'sparkone backup makes the first backup.',
  })
}

/** Throws `notFound`, naming the segment, when the log between a backup and the point to recover to has a gap. */
export function assertNoGap(
  backup: PhysicalBackup,
  at: RecoveryPoint,
  inventory: PhysicalInventory,
  lineage: Lineage,
  segmentBytes: number,
): void {
  const stretches = stretchesOf(inventory.segments, lineage, segmentBytes)
  const [first, last] = [backup.firstSegment, backup.lastSegment].map((name) => segmentNumber(name, segmentBytes))
  const own = stretches.find((stretch) => stretch.first <= first! && stretch.last >= first!)
  const reaches = own !== undefined && own.last >= last!
  if (reaches && (own === stretches.at(-1) || reachesTo(own.until, at))) return
  const missing = segmentName(timelineOf(backup.lastSegment), own ? own.last + 1 : first!, segmentBytes)
  throw new OperatorError('notFound', `The archive lacks WAL segment ${missing}, which recovery from backup ${backup.label} needs.`, {
    hint:
      reaches && own
        ? `Without it nothing after ${own.until.toISOString()} can be recovered until the next backup; sparkone restore --list shows what can.`
        : 'The backup cannot be recovered: use another (sparkone restore --list), and make a new one (sparkone backup --type full).',
  })
}

function reachesTo(until: Date, at: RecoveryPoint): boolean {
  return at === null || (at !== 'latest' && until.getTime() >= at.getTime())
}

/** Returns the newest backup that can be recovered from. Throws `notFound`. */
export function newestUsable(inventory: PhysicalInventory, lineage: Lineage): PhysicalBackup {
  const newest = usable(inventory.backups, lineage).at(-1)
  if (newest) return newest
  throw new OperatorError('notFound', 'pgBackRest lists no backup that can be recovered from.', {hint: 'sparkone backup makes one.'})
}

/** Returns how far a recovery goes, to stand behind a verb. */
export function describePoint(at: RecoveryPoint): string {
  if (at === null) return 'to the end of the backup'
  return at === 'latest' ? 'to the end of the archive' : `to ${at.toISOString()}`
}

/** Returns why the engine must not remove anything now, with what to set or do; null where it may. */
export function expiryHold(backups: readonly PhysicalBackup[], {labels, setting, isSet}: PhysicalExpiry, floor: number): string | null {
  if (!isSet) return `${setting} is not set in the configuration of pgBackRest, so it never removes anything: set it, for example to 2.`
  if (labels.length === 0) return null
  const newest = backups.at(-1)
  if (newest?.damaged || newest?.proof?.passed === false) {
    return `The newest backup, ${newest.label}, is of no use, so nothing is removed: make another (sparkone backup --type full).`
  }
  const proven = backups.filter(({label, proof, damaged}) => proof?.passed && !damaged && !labels.includes(label)).length
  if (proven >= floor) return null
  return `pgBackRest would leave ${proven} proven of at least ${floor} backups (backup.retention.floor): raise ${setting}, or prove those that stay by sparkone verify LABEL.`
}

/** Returns the backup that a selector means: `latest`, a label, its beginning or its end. Throws `notFound`. */
export function selectPhysical(selector: string, backups: readonly PhysicalBackup[]): PhysicalBackup {
  const exact = selector === 'latest' ? backups.slice(-1) : backups.filter(({label}) => label === selector)
  const fitting = exact.length > 0 ? exact : backups.filter(({label}) => label.startsWith(selector) || label.endsWith(`_${selector}`))
  if (fitting.length === 1) return fitting[0]!
  if (fitting.length === 0 && selector === 'latest') {
    throw new OperatorError('notFound', 'pgBackRest lists no backup of this server yet.', {
      hint: 'sparkone backup makes one; sparkone restore --list shows what there is.',
    })
  }
  if (fitting.length === 0) {
    const labels = backups.map(({label}) => label).toReversed()
    throw new OperatorError('notFound', `pgBackRest lists no backup ${selector}.`, {
      hint: `${didYouMean(nearestId(selector, ['latest', ...labels]))}sparkone restore --list shows what there is.`,
    })
  }
  throw new OperatorError('notFound', `${selector} fits ${fitting.length} backups.`, {
    details: fitting.map(({label}) => label),
    hint: 'Write more of the label.',
  })
}

/** Returns the backups of the server's own past: those made after a restore that was undone since are of another. */
export function inPast(backups: readonly PhysicalBackup[], lineage: Lineage): PhysicalBackup[] {
  return backups.filter(({lastSegment, consistentAt}) => isPast(lineage, timelineOf(lastSegment), consistentAt))
}

function usable(backups: readonly PhysicalBackup[], lineage: Lineage): PhysicalBackup[] {
  return inPast(backups, lineage).filter(({damaged}) => !damaged)
}

function later(one: Date, other: Date): Date {
  return one.getTime() > other.getTime() ? one : other
}
