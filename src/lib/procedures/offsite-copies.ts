import type {BackupSet, Manifest, Member} from '../domain/backup-set.ts'
import type {CopyFailure, CopyOutcome} from '../domain/offsite.ts'
import {abortError, OperatorError} from '../errors.ts'
import type {OffsiteTarget, Ports, SetDraft, SetWriter} from '../ports.ts'

/** What came of following a draft: a copy that waits for its manifest, or why there is none. */
type Followed = {writer: SetWriter | null; members: readonly Member[]; error: unknown}

interface Running {
  target: OffsiteTarget
  begun: number
  followed: Promise<Followed>
}

/** Copies at all targets, made while a set is being written. Whatever happens to them, the set itself goes on. */
export class OffsiteCopies {
  readonly #ports: Ports
  readonly #running: readonly Running[]

  private constructor(ports: Ports, running: readonly Running[]) {
    this.#ports = ports
    this.#running = running
  }

  /** Begins a copy at each target, which follows what the draft has stored. */
  static async begin(draft: SetDraft, {id, expectedBytes}: {id: string; expectedBytes: number}, ports: Ports): Promise<OffsiteCopies> {
    const targets = await ports.offsite()
    const running = targets.map((target) => ({
      target,
      begun: ports.clock.elapsed(),
      followed: follow(draft, () => target.store.copy(id, expectedBytes)),
    }))
    return new OffsiteCopies(ports, running)
  }

  /** Ends the copies of a published set, the manifest last, and returns how each went. Throws only when interrupted before each was confirmed. */
  async finish(set: BackupSet): Promise<CopyOutcome[]> {
    const outcomes = this.#running.map((running) => this.#conclude(running, set.manifest))
    for (const [index, outcome] of outcomes.entries()) {
      await this.#ports.progress.step(`Finish the copy at ${this.#running[index]!.target.name}`, () => outcome)
    }
    const ended = await Promise.all(outcomes)
    // A signal that came when all was done changes nothing of it.
    if (this.#ports.signal.aborted && ended.some(({confirmed}) => !confirmed)) throw interrupted(this.#ports.signal, set)
    return ended
  }

  /** Gives all copies up, after the draft was: nothing of them was visible. */
  async discard(): Promise<void> {
    for (const {followed} of this.#running) {
      const {writer} = await followed
      await writer?.discard()
    }
  }

  async #conclude({target, begun, followed}: Running, manifest: Manifest): Promise<CopyOutcome> {
    const {writer, members, error} = await followed
    const failure = error === null ? await attempt(() => publish(writer!, members, manifest)) : failureOf(error)
    const bytes = members.reduce((sum, member) => sum + member.bytes, 0)
    const seconds = (this.#ports.clock.elapsed() - begun) / 1000
    return {target: target.name, location: `${target.store.location}/${manifest.id}`, confirmed: failure === null, bytes, seconds, failure}
  }
}

/** Publishes a copy, if what was sent is what was written here. Throws `corrupt` otherwise. */
export async function publish(writer: SetWriter, sent: readonly Member[], manifest: Manifest): Promise<void> {
  const different = manifest.members.find(({name, bytes, sha256}) => {
    const member = sent.find((each) => each.name === name)
    return member?.bytes !== bytes || member.sha256 !== sha256
  })
  if (different) {
    throw new OperatorError('corrupt', `What was read of ${different.name} for the copy is not what was written.`, {
      hint: `The disk may be failing: sparkone verify ${manifest.id}`,
    })
  }
  await writer.publish(manifest)
}

/** Returns why something failed, for the operator, or null when it did not. Bugs are told as such and stop nobody else's copy. */
async function attempt(work: () => Promise<unknown>): Promise<CopyFailure | null> {
  try {
    await work()
    return null
  } catch (error) {
    return failureOf(error)
  }
}

function failureOf(error: unknown): CopyFailure {
  if (error instanceof OperatorError) return {message: error.message, hint: error.hint ?? null}
  return {message: `a bug of sparkone: ${error instanceof Error ? error.message : String(error)}`, hint: null}
}

async function follow(draft: SetDraft, open: () => Promise<SetWriter>): Promise<Followed> {
  const members: Member[] = []
  let writer: SetWriter | null = null
  try {
    writer = await open()
    for await (const {name, bytes} of draft.follow()) members.push(await writer.write(name, bytes))
    return {writer, members, error: null}
  } catch (error) {
    return {writer, members, error}
  }
}

function interrupted(signal: AbortSignal, {manifest, location}: BackupSet): OperatorError {
  const {kind, message} = abortError(signal)
  return new OperatorError(kind, message, {
    details: [`backup ${manifest.id} is whole and lies in ${location}; its copies off-site are not finished`],
    hint: 'sparkone sync finishes them.',
  })
}
