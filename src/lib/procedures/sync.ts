import type {Change} from '../change.ts'
import {newestFirst, totalBytes, type BackupSet, type Member} from '../domain/backup-set.ts'
import type {CopyFailure} from '../domain/offsite.ts'
import type {RetentionPolicy} from '../domain/retention.ts'
import {abortError, OperatorError, type ErrorKind} from '../errors.ts'
import type {BackupStore, OffsiteTarget, Ports} from '../ports.ts'
import {metered} from './metered.ts'
import {publish} from './offsite-copies.ts'
import {planTarget, summarize, type SyncPlan, type TargetFacts, type TargetPlan} from './sync/plan.ts'
import {updateCatalogue} from './update-catalogue.ts'

export interface SyncInput {
  /** What is kept off-site: what a cleanup there would remove is not copied. Null: everything is. */
  retention: RetentionPolicy | null
}

interface Facts {
  sets: readonly BackupSet[]
  targets: readonly TargetFacts[]
  now: Date
}

export interface TargetResult {
  target: string
  location: string
  copied: readonly {id: string; bytes: number; seconds: number}[]
  proofs: readonly string[]
  /** Backups whose proof was made elsewhere and taken from there. */
  taken: readonly string[]
  /** Backups whose marks were completed. */
  marks: readonly string[]
  /** Uploads given up, by set and name. */
  abandoned: readonly string[]
  /** Ids of copies that never became whole, and were removed. */
  leftovers: readonly string[]
  /** What is worth knowing and no failure. */
  remarks: readonly string[]
  failures: readonly (CopyFailure & {id: string | null; kind: ErrorKind})[]
}

/** Copies what targets off-site lack: sets, from the last confirmed part on where a run died, proofs, and marks. Takes proofs that were made of copies, and gives up uploads that nobody ends. */
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

async function syncTarget(plan: TargetPlan, store: BackupStore, ports: Ports): Promise<TargetResult> {
  const {target, failure, copy, abandon} = plan
  const outcome = new TargetOutcome(ports.signal)
  if (failure) outcome.fail(null, failure)
  for (const set of copy) await outcome.attempt(set.manifest.id, async () => outcome.copied.push(await copySet(set, target, store, ports)))
  await sendNotes(plan, outcome)
  await takeProofs(plan, store, outcome)
  for (const upload of abandon) {
    await outcome.attempt(upload.id, async () => {
      await target.store.abandon(upload)
      outcome.abandoned.push(`${upload.id}/${upload.name}`)
    })
  }
  await removeLeftovers(plan, outcome)
  if (!failure) await updateCatalogue(target.store, ports)
  const {copied, proofs, taken, marks, abandoned, leftovers, remarks, failures} = outcome
  return {target: target.name, location: target.store.location, copied, proofs, taken, marks, abandoned, leftovers, remarks, failures}
}

/** Keys that may only add are as they should be: that they cannot remove is said once. */
async function removeLeftovers({target: {store}, leftovers}: TargetPlan, outcome: TargetOutcome): Promise<void> {
  for (const copy of leftovers) {
    let isDenied = false
    await outcome.attempt(copy.id, async () => {
      const reason = await store.removeLeftover(copy).catch((error: unknown) => {
        isDenied = error instanceof OperatorError && error.kind === 'denied'
        if (!isDenied) throw error
        return 'these keys may not remove it; a rule of the bucket can'
      })
      if (reason === null) outcome.leftovers.push(copy.id)
      else outcome.remarks.push(`${copy.id} never became whole and was left: ${reason}`)
    })
    if (isDenied) return
  }
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

async function takeProofs({taken}: TargetPlan, store: BackupStore, outcome: TargetOutcome): Promise<void> {
  for (const {set, proof} of taken) {
    await outcome.attempt(set.manifest.id, async () => {
      await store.saveProof(set, proof)
      outcome.taken.push(set.manifest.id)
    })
  }
}

class TargetOutcome {
  readonly copied: {id: string; bytes: number; seconds: number}[] = []
  readonly proofs: string[] = []
  readonly taken: string[] = []
  readonly marks: string[] = []
  readonly abandoned: string[] = []
  readonly leftovers: string[] = []
  readonly remarks: string[] = []
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
  const done = results.some(({copied, proofs, taken, marks, abandoned, leftovers}) =>
    [copied, proofs, taken, marks, abandoned, leftovers].some(({length}) => length > 0),
  )
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
