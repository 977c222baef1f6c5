import type {ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {Replica, ReleaseStack} from '../../ports/release-stack.ts'

type Timing = Pick<Ports, 'clock'> & {signal: AbortSignal}

/** Of what a container that is not well has said last. */
export const linesShown = 20
const askMilliseconds = 5000
/** All containers are new by then, so each second that the API is away is one that callers notice. */
const proxyPatienceMilliseconds = 15_000

/** Waits until a new container has passed its own health check so often in a row, in Docker's eyes too. Throws `failed` with its last lines. */
export async function passGate(replica: Replica, {gate}: Pick<ReleaseRules, 'gate'>, stack: ReleaseStack, timing: Timing): Promise<void> {
  const problem = await passes(gate, timing, async () => {
    const now = (await stack.replicas(replica.service)).find(({id}) => id === replica.id)
    if (!now?.running) return 'it has ended'
    if (now.restarts > replica.restarts) return 'it has ended and was started again'
    // Without a check it never becomes healthy, which asking it says at once.
    if (now.health !== 'healthy' && now.health !== 'none') return `it is ${now.health}`
    return stack.probe(now)
  })
  if (problem === null) return
  const details = await stack.lastLines(replica, linesShown).catch(() => [])
  throw new OperatorError('failed', `The new container ${replica.name} did not become well: ${problem}.`, {details})
}

/** Waits until the API has answered so often in a row through its proxy; where its address is not known, nothing is asked. Throws `failed`. */
export async function passProxyGate(
  {gate, apiUrl}: ReleaseRules,
  ports: Pick<Ports, 'http' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  if (apiUrl === null) return
  const limitMilliseconds = Math.min(gate.limitMilliseconds, proxyPatienceMilliseconds)
  const problem = await passes({...gate, limitMilliseconds}, {clock: ports.clock, signal}, () => askApi(apiUrl, ports, signal))
  if (problem !== null) throw new OperatorError('failed', `The API is not well behind its proxy: ${problem}.`)
}

/** Returns null when the API answers well, otherwise what was wrong. */
export async function askApi(url: string, {http}: Pick<Ports, 'http'>, signal: AbortSignal): Promise<string | null> {
  try {
    const {status} = await (await http()).get(url, {timeoutMilliseconds: askMilliseconds, signal})
    return status >= 200 && status < 300 ? null : `${url} answers with ${status}`
  } catch (error) {
    if (signal.aborted || !(error instanceof OperatorError)) throw error
    return error.message.replace(/\.$/, '')
  }
}

/** Waits until the proxy sends to a container, or leaves it alone. Throws `failed`, with what it does instead. */
export async function awaitProxy(
  ask: () => Promise<string | null>,
  {name}: Replica,
  {gate, proxyLimitMilliseconds}: ReleaseRules,
  timing: Timing,
): Promise<void> {
  const patience = {successes: 1, intervalMilliseconds: gate.intervalMilliseconds, limitMilliseconds: proxyLimitMilliseconds}
  const problem = await passes(patience, timing, () => askOnce(ask, timing.signal))
  if (problem === null) return
  throw new OperatorError('failed', `The proxy did not take ${name} as it should: ${problem}, after ${proxyLimitMilliseconds / 1000} s.`, {
    hint: 'deploy.proxy says who is asked, and how long it may take.',
  })
}

/** That it cannot be asked at the moment is as good as an answer that is not yet the right one. */
async function askOnce(ask: () => Promise<string | null>, signal: AbortSignal): Promise<string | null> {
  try {
    return await ask()
  } catch (error) {
    if (signal.aborted || !(error instanceof OperatorError)) throw error
    return error.message.replace(/\.$/, '')
  }
}

/** Waits until a container fails its own health check. Returns false when it still passes after the time that a proxy is given. */
export async function turnsUnready(
  replica: Replica,
  {gate, settleMilliseconds}: ReleaseRules,
  stack: ReleaseStack,
  timing: Timing,
): Promise<boolean> {
  const patience = {successes: 1, intervalMilliseconds: gate.intervalMilliseconds, limitMilliseconds: settleMilliseconds}
  return (await passes(patience, timing, async () => ((await stack.probe(replica)) === null ? 'it is well' : null))) === null
}

/** Returns null, or what was wrong last when the time was up. */
async function passes(gate: ReleaseRules['gate'], {clock, signal}: Timing, ask: () => Promise<string | null>): Promise<string | null> {
  const deadline = clock.elapsed() + gate.limitMilliseconds
  let successes = 0
  for (;;) {
    const problem = await ask()
    successes = problem === null ? successes + 1 : 0
    if (successes >= gate.successes) return null
    if (clock.elapsed() >= deadline) return problem ?? `it was well only ${successes} times in a row`
    await clock.sleep(gate.intervalMilliseconds, signal)
  }
}
