import type {ReleaseRules} from '../../domain/release-rules.ts'
import {messageOf, OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {Proxy, ReleaseStack, Replica} from '../../ports/release-stack.ts'
import {awaitProxy, turnsUnready} from './gate.ts'

export interface Surroundings {
  rules: ReleaseRules
  stack: ReleaseStack
  /** Null where it is given a fixed time instead. */
  proxy: Proxy | null
  timing: Pick<Ports, 'clock'> & {signal: AbortSignal}
  /** What the proxy does not do in time is told, and not thrown: what is put back must not stop half-way. */
  lenient: boolean
}

/** Returns the proxy of a service, if it has one that can be asked. Throws what asking it throws, unless what is put back must go on. */
export async function proxyOf(service: string, stack: ReleaseStack, lenient: boolean): Promise<Proxy | null> {
  try {
    const {proxy} = await stack.proxy()
    return proxy && (await proxy.covers(service)) ? proxy : null
  } catch (error) {
    if (!lenient || !(error instanceof OperatorError)) throw error
    return null
  }
}

/** Waits until the proxy sends to a new container. Returns what went wrong and may be let pass. Throws `failed` when it does not in time. */
export async function introduce(replica: Replica, {proxy, ...surroundings}: Surroundings): Promise<string[]> {
  const {rules, timing} = surroundings
  if (proxy) return overlooked(surroundings, () => awaitProxy(() => proxy.added(replica), replica, rules, timing))
  await timing.clock.sleep(rules.settleMilliseconds, timing.signal)
  return []
}

/** Ends a container: it turns unready, then the proxy leaves it alone, and then it is told to end. Returns and throws as `introduce` does. */
export async function end(replica: Replica, surroundings: Surroundings): Promise<string[]> {
  const remarks = replica.running ? await withdraw(replica, surroundings) : []
  await surroundings.stack.remove(replica)
  return remarks
}

async function withdraw(replica: Replica, {proxy, ...surroundings}: Surroundings): Promise<string[]> {
  const {rules, stack, timing} = surroundings
  try {
    // Without a way to ask it, it turns unready when it is told to end, and must itself serve for as long as the proxy takes.
    if (!(await stack.drain(replica))) return []
  } catch (error) {
    // One that cannot be asked has to go all the same: half a release is worse than a request that is lost.
    if (!(error instanceof OperatorError)) throw error
    return [`deploy.drain did not work in ${replica.name}, so requests may have been lost: ${error.message.replace(/\.$/, '')}`]
  }
  if (!(await turnsUnready(replica, rules, stack, timing)))
    return [`${replica.name} was asked to turn unready and did not (deploy.drain), so the proxy learned of its end only by itself`]
  if (proxy) return overlooked(surroundings, () => awaitProxy(() => proxy.dropped(replica), replica, rules, timing))
  await timing.clock.sleep(rules.settleMilliseconds, timing.signal)
  return []
}

async function overlooked({lenient}: Pick<Surroundings, 'lenient'>, wait: () => Promise<void>): Promise<string[]> {
  try {
    await wait()
    return []
  } catch (error) {
    if (!lenient || !(error instanceof OperatorError)) throw error
    return [messageOf(error)]
  }
}
