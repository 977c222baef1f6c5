import {isSameBackup, totalBytes, type BackupSet, type Marks, type Proof} from '../../domain/backup-set.ts'
import {mergeMarks, saySame} from '../../domain/marks.ts'
import {count, formatBytes} from '../../domain/quantity.ts'
import {decideRetention, retainedBackup, type RetentionPolicy} from '../../domain/retention.ts'
import type {OperatorError} from '../../errors.ts'
import type {OffsiteCopy, OffsiteTarget, UnfinishedUpload} from '../../ports.ts'

/** What is known of one target, or why nothing is. */
export interface TargetFacts {
  target: OffsiteTarget
  copies: readonly OffsiteCopy[]
  /** The copies with what is in them; null where they may not be read. */
  sets: readonly BackupSet[] | null
  unfinished: readonly UnfinishedUpload[]
  failure: OperatorError | null
}

export interface TargetPlan {
  target: OffsiteTarget
  failure: OperatorError | null
  /** Sets to copy, the newest first. */
  copy: readonly BackupSet[]
  proofs: readonly BackupSet[]
  /** What was proven of copies elsewhere, and is not known here. */
  taken: readonly {set: BackupSet; proof: Proof}[]
  marks: readonly {set: BackupSet; marks: Marks}[]
  abandon: readonly UnfinishedUpload[]
  /** Copies that never became whole, and that nobody is at work on. */
  leftovers: readonly OffsiteCopy[]
}

export interface SyncPlan {
  summary: readonly string[]
  targets: readonly TargetPlan[]
}

/** What is of no set that lies here may be something that another machine is still busy with; after this time nobody is. */
const deadAfterMilliseconds = 48 * 3_600_000

/** Returns what is to be done at one target. Throws nothing. */
export function planTarget(facts: TargetFacts, sets: readonly BackupSet[], now: Date, retention: RetentionPolicy | null): TargetPlan {
  const {target, copies, unfinished, failure} = facts
  if (failure) return {target, failure, copy: [], proofs: [], taken: [], marks: [], abandon: [], leftovers: []}
  const there = new Map(copies.map((copy) => [copy.id, copy]))
  const missing = sets.filter((set) => set.proof?.passed !== false && !isThere(set, there.get(set.manifest.id)))
  const copy = retention === null ? missing : withoutDoomed(missing, facts.sets ?? [], now, retention)
  const copied = new Set(copy.map(({manifest}) => manifest.id))
  const kept = sets.filter((set) => isThere(set, there.get(set.manifest.id)) || copied.has(set.manifest.id))
  const proofs = kept.filter((set) => isProofNews(set, there.get(set.manifest.id)))
  const taken = kept.flatMap((set) => proofFromElsewhere(set, facts.sets))
  const marks = kept.flatMap((set) => missingMarks(set, facts.sets, there.get(set.manifest.id)))
  const abandon = unfinished.filter((upload) => isOrphan(upload, sets, copied, now))
  const busy = new Set([...copied, ...unfinished.filter((upload) => !abandon.includes(upload)).map(({id}) => id)])
  const leftovers = copies.filter((each) => !busy.has(each.id) && isLeftover(each, now))
  return {target, failure, copy, proofs, taken, marks, abandon, leftovers}
}

function isThere({manifest}: BackupSet, copy: OffsiteCopy | undefined): boolean {
  if (!copy?.complete) return false
  return manifest.members.every(({name, bytes}) => copy.members.some((member) => member.name === name && member.bytes === bytes))
}

function isProofNews({proof}: BackupSet, copy: OffsiteCopy | undefined): boolean {
  if (proof === null) return false
  const at = copy?.proofAt ?? null
  return at === null || at.getTime() < Date.parse(proof.verifiedAt)
}

/** A machine that cannot decrypt its backups has them proven by another, which finds the same bytes off-site. */
function proofFromElsewhere(set: BackupSet, sets: readonly BackupSet[] | null): {set: BackupSet; proof: Proof}[] {
  const there = sets?.find(({manifest}) => manifest.id === set.manifest.id)
  const isSame = there !== undefined && isSameBackup(set.manifest, there.manifest)
  return set.proof === null && isSame && there.proof?.passed ? [{set, proof: there.proof}] : []
}

/** Returns the marks of both together, where the copy does not say as much. A mark is taken away only by a newer word that says so. */
function missingMarks(set: BackupSet, sets: readonly BackupSet[] | null, copy: OffsiteCopy | undefined): {set: BackupSet; marks: Marks}[] {
  const {marks} = set
  if (!marks) return []
  const there = sets?.find(({manifest}) => manifest.id === set.manifest.id)
  if (!there) return isNewsUnseen(marks, copy) ? [{set, marks}] : []
  const merged = there.marks ? mergeMarks(marks, there.marks) : marks
  return saySame(merged, there.marks ?? {format: 1, id: marks.id}) ? [] : [{set, marks: merged}]
}

/** Where a copy cannot be read, what is said there may be newer: its time must do, and only a word on keeping is worth putting it in its place. */
function isNewsUnseen({keep, released, accepted}: Marks, copy: OffsiteCopy | undefined): boolean {
  const at = copy?.marksAt ?? null
  if (at === null) return (keep ?? released ?? accepted) !== undefined
  const said = keep ?? released
  return said !== undefined && Date.parse(said.at) > at.getTime()
}

/** Copying what the next cleanup there removes would go on for ever. */
function withoutDoomed(missing: readonly BackupSet[], there: readonly BackupSet[], now: Date, retention: RetentionPolicy): BackupSet[] {
  const groups = decideRetention([...missing, ...there].map(retainedBackup), retention, {now: now.getTime(), failedRunAt: null})
  const kept = new Set(groups.flatMap(({decisions}) => decisions.filter(({keep}) => keep).map(({id}) => id)))
  return missing.filter(({manifest, proof}) => kept.has(manifest.id) || proof === null)
}

/** Of a set that lies here, an upload is either about to be gone on with or over; of one that does not, only its age tells. */
function isOrphan({id, startedAt}: UnfinishedUpload, sets: readonly BackupSet[], copied: ReadonlySet<string>, now: Date): boolean {
  if (sets.some(({manifest}) => manifest.id === id)) return !copied.has(id)
  return now.getTime() - startedAt.getTime() > deadAfterMilliseconds
}

/** Who has a proof or marks was whole once, and somebody may want its files back; a removal that was cut short is ended by the next cleanup. */
const signs = ['proof.json', 'marks.json', 'removing.json']

function isLeftover({complete, members, newestAt}: OffsiteCopy, now: Date): boolean {
  if (complete || members.some(({name}) => signs.includes(name))) return false
  return now.getTime() - newestAt.getTime() > deadAfterMilliseconds
}

/** Returns the lines of a plan. */
export function summarize({target, failure, copy, proofs, taken, marks, abandon, leftovers}: TargetPlan): string[] {
  const {name} = target
  if (failure) return [`leave ${name} alone: ${failure.message}`]
  if (copy.length + proofs.length + taken.length + marks.length + abandon.length + leftovers.length === 0) return [`${name} has everything`]
  return [
    ...copy.map(({manifest}) => `copy ${manifest.id} (${formatBytes(totalBytes(manifest))}) to ${name}`),
    ...proofs.map(({manifest}) => `copy the proof of ${manifest.id} to ${name}`),
    ...taken.map(({set}) => `take the proof of ${set.manifest.id} from ${name}`),
    ...marks.map(({set}) => `copy the marks of ${set.manifest.id} to ${name}`),
    ...(abandon.length === 0 ? [] : [`give up ${count(abandon.length, 'upload')} at ${name} that nobody ends`]),
    ...leftovers.map(({id, members}) => `remove what a dead run left of ${id} at ${name}: ${describeFiles(members)}, without a manifest`),
  ]
}

function describeFiles(members: OffsiteCopy['members']): string {
  return `${members.map(({name}) => name).join(', ')} (${formatBytes(members.reduce((sum, {bytes}) => sum + bytes, 0))})`
}
