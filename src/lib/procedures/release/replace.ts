import type {ReleaseImage} from '../../domain/release.ts'
import type {ReleaseRules} from '../../domain/release-rules.ts'
import type {Ports} from '../../ports.ts'
import type {Replica, ReleaseStack} from '../../ports/release-stack.ts'
import {passGate} from './gate.ts'

export interface Replacement {
  image: ReleaseImage
  /** Containers that are older are replaced even when their image is the same; null where the image alone decides. */
  since: Date | null
}

/**
 * Replaces the containers of a service one by one: a new one is there and well, and the proxy has noticed, before an old one is told to end. Whatever a run that
 * died has left is gone on with. Returns how many were replaced. Throws `failed` when a new one does not become well; that one is removed, the old ones stay.
 */
export async function replaceReplicas(
  {image, since}: Replacement,
  rules: ReleaseRules,
  stack: ReleaseStack,
  {ports, signal}: {ports: Pick<Ports, 'clock' | 'progress'>; signal: AbortSignal},
): Promise<number> {
  const timing = {clock: ports.clock, signal}
  const settle = () => ports.clock.sleep(rules.settleMilliseconds, signal)
  const isWanted = (replica: Replica) => isOf(replica, image) && (since === null || replica.createdAt >= since)
  let replaced = 0
  await removeDead(image.service, stack)
  for (const replica of (await stack.replicas(image.service)).filter(isWanted)) await gateOrRemove(replica, rules, stack, timing)
  for (;;) {
    signal.throwIfAborted()
    const replicas = await stack.replicas(image.service)
    const wanted = replicas.filter(isWanted)
    const [old] = replicas.filter((replica) => !isWanted(replica))
    if (wanted.length >= image.replicas && !old) return replaced
    if (wanted.length < image.replicas) {
      await ports.progress.step(`Start a container of ${image.name}`, async () => {
        await gateOrRemove(await stack.add(image.service), rules, stack, timing)
        await settle()
      })
    }
    if (!old) continue
    await ports.progress.step(`End ${old.name}`, () => stack.remove(old))
    replaced += 1
  }
}

/** Returns whether a container was made of an image, by name and by what the name stood for. */
export function isOf({image}: Pick<Replica, 'image'>, {name, id}: Pick<ReleaseImage, 'name' | 'id'>): boolean {
  return image.name === name && image.id === id
}

/** One that does not run serves nobody, and Compose would start it again instead of making a new one. */
async function removeDead(service: string, stack: ReleaseStack): Promise<void> {
  for (const replica of await stack.replicas(service)) if (!replica.running) await stack.remove(replica)
}

async function gateOrRemove(
  replica: Replica,
  rules: ReleaseRules,
  stack: ReleaseStack,
  timing: {clock: Ports['clock']; signal: AbortSignal},
): Promise<void> {
  try {
    await passGate(replica, rules, stack, timing)
  } catch (error) {
    await stack.remove(replica)
    throw error
  }
}
