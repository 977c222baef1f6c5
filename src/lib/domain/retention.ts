import {isProven, type BackupSet} from './backup-set.ts'
import {Calendar, formatPeriod, type Period} from './calendar.ts'
import {reasonsToKeep, type Dated, type Reason, type RetentionRules} from './retention-policy.ts'

export interface RetentionPolicy {
  rules: RetentionRules
  /** So many of the newest proven backups of each database always stay; at least 1. */
  floor: number
  /** How long a backup that failed its proof is kept to be looked at, counted back from the newest proven one. */
  failedProofs: Period
  /** Days, weeks, months and years begin where this zone's do. */
  timeZone: string
}

/** What retention knows of a backup. */
export interface RetainedBackup extends Dated {
  id: string
  /** Empty for a backup of files. */
  database: string
  state: 'proven' | 'unproven' | 'failed'
  /** Somebody said to keep it whatever the rules say. */
  marked: boolean
  /** It is much smaller than those before, and nobody has accepted that. */
  suspect: boolean
}

export interface Decision {
  id: string
  keep: boolean
  /** All of them, never none. */
  reasons: readonly Reason[]
}

/** Backups of one database, decided on together. */
export interface RetentionGroup {
  database: string
  /** Newest first. */
  decisions: readonly Decision[]
  /** Why nothing is removed although the rules would; null when nothing stands in the way. */
  frozen: Reason | null
  /** How many the rules would remove if nothing stood in the way. */
  due: number
}

/** What is known besides the backups. Milliseconds since 1970. */
export interface Circumstances {
  now: number
  /** When the last run of `backup` began, if it failed. */
  failedRunAt: number | null
  /** The same of the last backup of files. */
  failedFilesRunAt?: number | null
}

/** Clocks of two machines may differ a little; a backup further ahead than this has a wrong date. */
const clockTolerance = 5 * 60 * 1000

/** Returns for each database, by its exact name, which of its backups stay and which may go, and why. Groups are in the order of their names. */
export function decideRetention(
  backups: readonly RetainedBackup[],
  policy: RetentionPolicy,
  circumstances: Circumstances,
): RetentionGroup[] {
  const calendar = new Calendar(policy.timeZone)
  const groups = Map.groupBy(backups, ({database}) => database)
  return [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([database, members]) => decideGroup(database, members.toSorted(byAge), policy, circumstances, calendar))
}

/** Returns what retention knows of a set. */
export function retainedBackup(set: BackupSet): RetainedBackup {
  const {manifest, proof} = set
  return {
    id: manifest.id,
    database: manifest.database,
    time: Date.parse(manifest.startedAt),
    tags: manifest.tags ?? [],
    state: proof === null ? 'unproven' : isProven(set) ? 'proven' : 'failed',
    marked: set.marks?.keep !== undefined,
    suspect: isSuspect(set),
  }
}

/** Returns whether a set is much smaller than those before it, and nobody has accepted that. */
export function isSuspect({manifest, marks}: Pick<BackupSet, 'manifest' | 'marks'>): boolean {
  return (manifest.anomalies ?? []).length > 0 && marks?.accepted === undefined
}

// By the recorded start, never by name or file time; of two at the same moment the id decides, so that every run decides alike.
function byAge(one: RetainedBackup, other: RetainedBackup): number {
  return other.time - one.time || (other.id > one.id ? 1 : -1)
}

function decideGroup(
  database: string,
  members: readonly RetainedBackup[],
  policy: RetentionPolicy,
  circumstances: Circumstances,
  calendar: Calendar,
): RetentionGroup {
  const reasons = judge(members, policy, circumstances, calendar)
  const wanted = members.map((backup, index) => decide(backup, reasons[index]!, policy))
  const due = wanted.filter(({keep}) => !keep).length
  const frozen = obstacle(members, circumstances)
  if (frozen === null || due === 0) return {database, decisions: wanted, frozen, due}
  const decisions = wanted.map((decision) => (decision.keep ? decision : {...decision, keep: true, reasons: [frozen]}))
  return {database, decisions, frozen, due}
}

/** Returns the reasons to keep each backup; none where nothing speaks for it. */
function judge(members: readonly RetainedBackup[], policy: RetentionPolicy, {now}: Circumstances, calendar: Calendar): Reason[][] {
  const isFuture = ({time}: RetainedBackup) => !(time <= now + clockTolerance)
  const present = members.filter((backup) => !isFuture(backup))
  const proven = present.filter(({state}) => state === 'proven')
  const counted = byBackup(proven, reasonsToKeep(proven, policy.rules, calendar))
  const floor = new Set(proven.slice(0, policy.floor))
  const unproven = unprovenReasons(present, proven[0]?.time ?? -Infinity, policy, calendar)
  return members.map((backup) => [
    ...(isFuture(backup) ? [futureReason] : []),
    ...(backup.marked ? [markReason] : []),
    ...(counted.get(backup) ?? []),
    ...(floor.has(backup) ? [floorReason(policy.floor)] : []),
    ...(unproven.get(backup) ?? []),
  ])
}

const futureReason: Reason = {rule: 'future', message: 'dated in the future, so a clock is or was wrong'}
const markReason: Reason = {rule: 'marked', message: 'marked to be kept'}

function floorReason(floor: number): Reason {
  return {rule: 'floor', message: floor === 1 ? 'the newest proven backup' : `one of the newest ${floor} proven backups`}
}

/** A backup without a good proof never takes the place of a proven one; it only gets reasons of its own. */
function unprovenReasons(
  present: readonly RetainedBackup[],
  newestProven: number,
  policy: RetentionPolicy,
  calendar: Calendar,
): Map<RetainedBackup, Reason[]> {
  if (present.every(({state}) => state === 'proven')) return new Map()
  const hopeful = present.filter(({state}) => state !== 'failed')
  const asIfProven = byBackup(hopeful, reasonsToKeep(hopeful, policy.rules, calendar))
  const inspected = calendar.before(newestProven, policy.failedProofs)
  const spare = (backup: RetainedBackup): Reason[] => {
    if (backup.time >= newestProven) return [newerReason]
    if (backup.state === 'failed') return backup.time > inspected ? [inspectionReason(policy)] : []
    return (asIfProven.get(backup) ?? []).slice(0, 1).map(hopefulReason)
  }
  return new Map(present.filter(({state}) => state !== 'proven').map((backup) => [backup, spare(backup)]))
}

const newerReason: Reason = {rule: 'newer', message: 'newer than the newest proven backup'}

function inspectionReason({failedProofs}: RetentionPolicy): Reason {
  return {rule: 'failedProofs', message: `failed its proof; kept for ${formatPeriod(failedProofs)} to be looked at`}
}

function hopefulReason({message}: Reason): Reason {
  return {rule: 'unproven', message: `not proven, kept as if it were: ${message}`}
}

function byBackup(backups: readonly RetainedBackup[], reasons: readonly Reason[][]): Map<RetainedBackup, Reason[]> {
  return new Map(backups.map((backup, index) => [backup, reasons[index]!]))
}

function decide({id, state}: RetainedBackup, reasons: readonly Reason[], {failedProofs}: RetentionPolicy): Decision {
  if (reasons.length > 0) return {id, keep: true, reasons}
  const message = {
    proven: 'no rule keeps it',
    unproven: 'not proven, and no rule would keep it if it were',
    failed: `failed its proof, and is more than ${formatPeriod(failedProofs)} older than the newest proven backup`,
  }[state]
  return {id, keep: false, reasons: [{rule: 'none', message}]}
}

/** Returns why nothing may be removed now: while it is not sure that good backups are still being made, each old one may be the last. */
function obstacle(members: readonly RetainedBackup[], circumstances: Circumstances): Reason | null {
  const {now, failedRunAt, failedFilesRunAt = null} = circumstances
  const frozen = (message: string): Reason => ({rule: 'frozen', message: `nothing is removed: ${message}`})
  const suspect = members.find((backup) => backup.suspect)
  if (suspect) return frozen(`${suspect.id} is much smaller than those before it, and nobody has accepted that`)
  const newest = members.find(({time}) => time <= now + clockTolerance)
  if (!newest) return null
  const failedAt = newest.database === '' ? failedFilesRunAt : failedRunAt
  if (failedAt !== null && failedAt > newest.time) return frozen('the last run of backup failed')
  if (newest.state === 'unproven') return frozen(`the newest backup, ${newest.id}, is not proven`)
  return newest.state === 'failed' ? frozen(`the newest backup, ${newest.id}, failed its proof`) : null
}
