import type {Change} from '../change.ts'
import {newestFirst, totalBytes, type BackupSet, type Marks, type Member} from '../domain/backup-set.ts'
import type {CopyFailure} from '../domain/offsite.ts'
import {count, formatBytes} from '../domain/quantity.ts'
import {decideRetention, retainedBackup, type RetentionPolicy} from '../domain/retention.ts'
import {abortError, OperatorError, type ErrorKind} from '../errors.ts'
import type {BackupStore, OffsiteCopy, OffsiteTarget, Ports, UnfinishedUpload} from '../ports.ts'
import {metered} from './metered.ts'
import {publish} from './offsite-copies.ts'
import {updateCatalogue} from './update-catalogue.ts'

export interface SyncInput {
  /** What is kept off-site: what a cleanup there would remove is not copied. Null: everything is. */
  retention: RetentionPolicy | null
}

/** What is known of one target, or why nothing is. */
interface TargetFacts {
  target: OffsiteTarget
  copies: readonly OffsiteCopy[]
  /** The copies with what is in them; null where they may not be read. */
  sets: readonly BackupSet[] | null
  unfinished: readonly UnfinishedUpload[]
  failure: OperatorError | null
}

interface Facts {
  sets: readonly BackupSet[]
  targets: readonly TargetFacts[]
  now: Date
}

export interface TargetPlan {
  target: OffsiteTarget
  failure: OperatorError | null
  /** Sets to copy, the newest first. */
  copy: readonly BackupSet[]
  proofs: readonly BackupSet[]
  marks: readonly {set: BackupSet; marks: Marks}[]
  abandon: readonly UnfinishedUpload[]
}

export interface SyncPlan {
  summary: readonly string[]
  targets: readonly TargetPlan[]
}

export interface TargetResult {
  target: string
  location: string
  copied: readonly {id: string; bytes: number; seconds: number}[]
  proofs: readonly string[]
  /** Backups whose marks were completed. */
  marks: readonly string[]
  /** Uploads given up, by set and name. */
  abandoned: readonly string[]
  failures: readonly (CopyFailure & {id: string | null; kind: ErrorKind})[]
}

/** An upload of no set that lies here may be one that another machine is still busy with; after this time nobody is. */
const abandonAfterMilliseconds = 48 * 3_600_000

/** Copies what targets off-site lack: sets, from the last confirmed part on where a run died, proofs, and marks. Gives up uploads that nobody ends. */
export const sync: Change<SyncInput, Facts, SyncPlan, readonly TargetResult[]> = {
  name: 'sync',
  touches: 'backups',

  async gather(_input, ports) {
    const targets = await ports.offsite()
    if (targets.length === 0) {
      throw new OperatorError('usage', 'No store off-site is configured.', {hint: 'Name one under backup.offsite in sparkone.yml.'})
    }
    const sets = newestFirst(await (await ports.store()).list())
    return {sets, targets: await Promise.all(targets.map(look)), now: ports.clock.now()}
  },

  plan({sets, targets, now}, {retention}) {
    const plans = targets.map((facts) => planTarget(facts, sets, now, retention))
    const failed = plans.flatMap(({failure}) => (failure ? [failure] : []))
    if (failed.length === plans.length) throw nothingDone(failed)
    return {targets: plans, summary: plans.flatMap(summarize)}
  },

  async apply({targets}, ports) {
    const store = await ports.store()
    const results: TargetResult[] = []
    // One after the other: they share the line, and what is whole at one place is worth more than halves at two.
    for (const plan of targets) results.push(await syncTarget(plan, store, ports))
    assertSomethingDone(results)
    return results
  },
}

async function look(target: OffsiteTarget): Promise<TargetFacts> {
  const {store} = target
  try {
    const [copies, unfinished, sets] = await Promise.all([store.copies(), optional(store.unfinished()), optional(store.list())])
    return {target, copies, unfinished: unfinished ?? [], sets, failure: null}
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return {target, copies: [], unfinished: [], sets: null, failure: error}
  }
}

/** Keys that may only put and list are enough: what they may not see is done without. */
async function optional<Value>(wanted: Promise<Value>): Promise<Value | null> {
  try {
    return await wanted
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'denied') return null
    throw error
  }
}

function planTarget(facts: TargetFacts, sets: readonly BackupSet[], now: Date, retention: RetentionPolicy | null): TargetPlan {
  const {target, copies, unfinished, failure} = facts
  if (failure) return {target, failure, copy: [], proofs: [], marks: [], abandon: []}
  const there = new Map(copies.map((copy) => [copy.id, copy]))
  const missing = sets.filter((set) => set.proof?.passed !== false && !isThere(set, there.get(set.manifest.id)))
  const copy = retention === null ? missing : withoutDoomed(missing, facts.sets ?? [], now, retention)
  const copied = new Set(copy.map(({manifest}) => manifest.id))
  const kept = sets.filter((set) => isThere(set, there.get(set.manifest.id)) || copied.has(set.manifest.id))
  const proofs = kept.filter((set) => isProofNews(set, there.get(set.manifest.id)))
  const marks = kept.flatMap((set) => missingMarks(set, facts.sets, there.get(set.manifest.id)))
  const abandon = unfinished.filter((upload) => isOrphan(upload, sets, copied, now))
  return {target, failure, copy, proofs, marks, abandon}
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

/**
 * Returns what a copy lacks of what was said of its set here, beside what was said of it there: a mark is added, and never taken away. Where
 * nothing may be read, marks are sent once.
 */
function missingMarks(set: BackupSet, sets: readonly BackupSet[] | null, copy: OffsiteCopy | undefined): {set: BackupSet; marks: Marks}[] {
  if (!set.marks) return []
  const there = sets?.find(({manifest}) => manifest.id === set.manifest.id)?.marks
  const isNews = sets === null ? !copy?.members.some(({name}) => name === 'marks.json') : lacks(there, set.marks)
  return isNews ? [{set, marks: {...set.marks, ...there}}] : []
}

function lacks(there: Marks | undefined, {keep, accepted}: Marks): boolean {
  return (keep !== undefined && !there?.keep) || (accepted !== undefined && !there?.accepted)
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
  return now.getTime() - startedAt.getTime() > abandonAfterMilliseconds
}

function summarize({target, failure, copy, proofs, marks, abandon}: TargetPlan): string[] {
  const {name} = target
  if (failure) return [`leave ${name} alone: ${failure.message}`]
  if (copy.length + proofs.length + marks.length + abandon.length === 0) return [`${name} has everything`]
  return [
    ...copy.map(({manifest}) => `copy ${manifest.id} (${formatBytes(totalBytes(manifest))}) to ${name}`),
    ...proofs.map(({manifest}) => `copy the proof of ${manifest.id} to ${name}`),
    ...marks.map(({set}) => `copy the marks of ${set.manifest.id} to ${name}`),
    ...(abandon.length === 0 ? [] : [`give up ${count(abandon.length, 'upload')} at ${name} that nobody ends`]),
  ]
}

async function syncTarget(plan: TargetPlan, store: BackupStore, ports: Ports): Promise<TargetResult> {
  const {target, failure, copy, abandon} = plan
  const outcome = new TargetOutcome(ports.signal)
  if (failure) outcome.fail(null, failure)
  for (const set of copy) await outcome.attempt(set.manifest.id, async () => outcome.copied.push(await copySet(set, target, store, ports)))
  await sendNotes(plan, outcome)
  for (const upload of abandon) {
    await outcome.attempt(upload.id, async () => {
      await target.store.abandon(upload)
      outcome.abandoned.push(`${upload.id}/${upload.name}`)
    })
  }
  if (!failure) await updateCatalogue(target.store, ports)
  const {copied, proofs, marks, abandoned, failures} = outcome
  return {target: target.name, location: target.store.location, copied, proofs, marks, abandoned, failures}
}

/** Sends proofs and marks of all sets but those that could not be copied. */
async function sendNotes({target: {store}, proofs, marks}: TargetPlan, outcome: TargetOutcome): Promise<void> {
  const failed = new Set(outcome.failures.map(({id}) => id))
  for (const set of proofs.filter(({manifest}) => !failed.has(manifest.id))) {
    await outcome.attempt(set.manifest.id, async () => {
      await store.saveProof(set, set.proof!)
      outcome.proofs.push(set.manifest.id)
    })
  }
  for (const {set, marks: said} of marks.filter(({set: {manifest}}) => !failed.has(manifest.id))) {
    await outcome.attempt(set.manifest.id, async () => {
      await store.saveMarks(set, said)
      outcome.marks.push(set.manifest.id)
    })
  }
}

class TargetOutcome {
  readonly copied: {id: string; bytes: number; seconds: number}[] = []
  readonly proofs: string[] = []
  readonly marks: string[] = []
  readonly abandoned: string[] = []
  readonly failures: (CopyFailure & {id: string | null; kind: ErrorKind})[] = []
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Does a part of the work; its failure is noted, and stops neither the other parts nor the other targets. */
  async attempt(id: string, work: () => Promise<unknown>): Promise<void> {
    if (this.#signal.aborted) throw abortError(this.#signal)
    try {
      await work()
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof OperatorError)) throw error
      this.fail(id, error)
    }
  }

  fail(id: string | null, {kind, message, hint}: OperatorError): void {
    this.failures.push({id, kind, message, hint: hint ?? null})
  }
}

async function copySet(set: BackupSet, {name: where, store: offsite}: OffsiteTarget, store: BackupStore, ports: Ports) {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const {manifest} = set
  const largest = Math.max(...manifest.members.map(({bytes}) => bytes))
  const writer = await offsite.copy(manifest.id, largest)
  const sent: Member[] = []
  for (const {name, bytes: total} of manifest.members) {
    const title = `Copy ${name} of ${manifest.id} to ${where}`
    sent.push(await progress.step(title, (report) => writer.write(name, metered(store.read(set, name), {clock, report, total}))))
  }
  await publish(writer, sent, manifest)
  return {id: manifest.id, bytes: totalBytes(manifest), seconds: (clock.elapsed() - begin) / 1000}
}

/** Throws the first failure when nothing else came of it. */
function assertSomethingDone(results: readonly TargetResult[]): void {
  const failures = results.flatMap(({target, failures: all}) => all.map((failure) => ({...failure, target})))
  const done = results.some(({copied, proofs, marks, abandoned}) => copied.length + proofs.length + marks.length + abandoned.length > 0)
  // A target that had everything is a success, too.
  if (failures.length === 0 || done || results.some((result) => result.failures.length === 0)) return
  throw nothingDone(
    failures.map(({kind, message, hint, target}) => new OperatorError(kind, `${target}: ${message}`, hint === null ? {} : {hint})),
  )
}

function nothingDone(failures: readonly OperatorError[]): OperatorError {
  const [{kind, message, hint}] = failures as [OperatorError]
  return new OperatorError(kind, message, {...(hint !== undefined && {hint}), details: failures.slice(1).map((failure) => failure.message)})
}
