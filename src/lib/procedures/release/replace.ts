import type {ReleaseImage} from '../../domain/release.ts'
import type {ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {Replica, ReleaseStack} from '../../ports/release-stack.ts'
import {linesShown, passGate} from './gate.ts'
import {end, introduce, proxyOf, type Surroundings} from './proxy.ts'

export interface Replacement {
  image: ReleaseImage
  /** Containers that are older are replaced even when their image is the same; null where the image alone decides. */
  since: Date | null
}

type Means = {ports: Pick<Ports, 'clock' | 'progress'>; signal: AbortSignal; lenient: boolean}

/** The least that a container of somebody else is given, however long it has been there. */
const leastPatienceMilliseconds = 10_000

/**
 * Replaces the containers of a service one by one: a new one is there and well, and the proxy sends to it, before an old one is told to end. Whatever a run that
 * died has left is gone on with; of a service that was scaled to 0 nothing is started. Returns what went wrong and did not stop it. Throws `failed` when a new one
 * does not become well, or ends, or the proxy does not heed it; then one that was just started is removed, and all others stay.
 */
export async function replaceReplicas(
  {image, since}: Replacement,
  rules: ReleaseRules,
  stack: ReleaseStack,
  {ports, signal, lenient}: Means,
): Promise<string[]> {
  if (image.replicas === 0) return []
  const timing = {clock: ports.clock, signal}
  const surroundings = {rules, stack, proxy: await proxyOf(image.service, stack, lenient), timing, lenient}
  const [well, unwell] = [new Set<string>(), new Set<string>()]
  const isWanted = (replica: Replica) => isOf(replica, image) && !unwell.has(replica.id) && (since === null || replica.createdAt >= since)
  const remarks: string[] = []
  await removeDead(image.service, stack)
  for (;;) {
    signal.throwIfAborted()
    const {wanted, old, all} = divide(await stack.replicas(image.service), isWanted)
    await assertServing(wanted, stack)
    // One that a run which died, or somebody else, has started must show the same as one of ours.
    const unknown = wanted.find(({id}) => !well.has(id))
    if (unknown) {
      const verdict = (await isWell(unknown, surroundings)) ? well : unwell
      verdict.add(unknown.id)
    } else if (old && (wanted.length >= image.replicas || (wanted.length > 0 && all > image.replicas))) {
      remarks.push(...(await ports.progress.step(`End ${old.name}`, () => end(old, surroundings))))
    } else if (wanted.length < image.replicas) {
      const started = await ports.progress.step(`Start a container of ${image.name}`, () => startOne(image, surroundings))
      well.add(started.id)
      remarks.push(...started.remarks)
    } else return remarks
  }
}

/** Returns whether a container was made of an image, by name and by what the name stood for. */
export function isOf({image}: Pick<Replica, 'image'>, {name, id}: Pick<ReleaseImage, 'name' | 'id'>): boolean {
  return image.name === name && image.id === id
}

/** One that is not ours and not well is replaced like those of before, so that putting back does not end half-way because of it. */
async function isWell(replica: Replica, {rules, stack, timing}: Surroundings): Promise<boolean> {
  const age = timing.clock.now().getTime() - replica.createdAt.getTime()
  const limitMilliseconds = Math.max(leastPatienceMilliseconds, rules.gate.limitMilliseconds - age)
  try {
    await passGate(replica, {gate: {...rules.gate, limitMilliseconds}}, stack, timing)
    return true
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'failed') return false
    throw error
  }
}

function divide(replicas: readonly Replica[], isWanted: (replica: Replica) => boolean) {
  const [old] = replicas.filter((replica) => !isWanted(replica))
  return {wanted: replicas.filter(isWanted), old, all: replicas.length}
}

/** One that does not run serves nobody, and Compose would start it again instead of making a new one. */
async function removeDead(service: string, stack: ReleaseStack): Promise<void> {
  for (const replica of await stack.replicas(service)) if (!replica.running) await stack.remove(replica)
}

/** What was well a moment ago may have ended since, and then no old one may go. */
async function assertServing(wanted: readonly Replica[], stack: ReleaseStack): Promise<void> {
  const ended = wanted.find(({running}) => !running)
  if (!ended) return
  const details = await stack.lastLines(ended, linesShown).catch(() => [])
  throw new OperatorError('failed', `The new container ${ended.name} was well, and has ended.`, {details})
}

/** Returns the id of the container, and what may be let pass of how it went. */
async function startOne(image: ReleaseImage, surroundings: Surroundings): Promise<{id: string; remarks: string[]}> {
  const {rules, stack, timing} = surroundings
  const replica = await stack.add(image.service)
  try {
    if (!isOf(replica, image)) {
      throw new OperatorError('failed', `Compose made ${replica.name} of ${replica.image.name} instead of ${image.name}.`, {
        details: ['The Compose files, the version variable, or what the name of the image stands for was changed meanwhile.'],
      })
    }
    await passGate(replica, rules, stack, timing)
    return {id: replica.id, remarks: await introduce(replica, surroundings)}
  } catch (error) {
    // Why it is not well matters more than that it is still there; putting back removes it, too.
    await stack.remove(replica).catch(() => undefined)
    throw error
  }
}
