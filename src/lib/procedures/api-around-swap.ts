import type {ApiAfterSwap, ApiAroundSwap} from '../domain/api-around-swap.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

const pollMilliseconds = 500
const probeMilliseconds = 5000

/**
 * Swaps while the API is stopped, or restarts it afterwards, as told. Returns how it was then; null when nothing was to be done. Throws what stopping it and
 * the swap throw, with the API started again; once the swap is through it throws no more.
 */
export async function withApiAroundSwap(api: ApiAroundSwap | null, ports: Ports, swap: () => Promise<void>): Promise<ApiAfterSwap | null> {
  if (!api || (!api.service && !api.before && !api.after)) {
    await swap()
    return null
  }
  try {
    await hold(api, ports)
    await swap()
  } catch (error) {
    const after = await release(api, ports, 'stop')
    throw after.problem === null ? error : withDetail(error, `${after.done}: ${after.problem}`)
  }
  return release(api, ports, 'restart')
}

function withDetail(error: unknown, detail: string): unknown {
  if (!(error instanceof OperatorError)) return error
  const {kind, message, details, hint} = error
  return new OperatorError(kind, message, {details: [...details, detail], cause: error, ...(hint === undefined ? {} : {hint})})
}

async function hold({service, before}: ApiAroundSwap, ports: Ports): Promise<void> {
  if (service?.action === 'stop') {
    const runtime = await ports.runtime()
    await ports.progress.step(`Stop ${service.name}`, () => runtime.control(service.name, 'stop'))
  }
  if (before) await runHook(before, ports)
}

/** `least` is what there is to undo: after a swap that failed, an API that was never stopped has nothing to forget. */
async function release(api: ApiAroundSwap, ports: Ports, least: 'stop' | 'restart'): Promise<ApiAfterSwap> {
  const {after} = api
  const action = actionFor(api, least)
  const done =
    [...(action ? [`${action.name} ${action.verb}ed`] : []), ...(after ? [`${after[0]} run`] : [])].join(', ') || 'left to itself'
  try {
    if (action) await act(action, ports)
    if (after) await runHook(after, ports)
    const problem = await waitUntilHealthy(api, ports)
    return {done, healthy: problem === null, problem}
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return {done, healthy: false, problem: error.message}
  }
}

interface Action {
  name: string
  verb: 'start' | 'restart'
}

function actionFor({service}: ApiAroundSwap, least: 'stop' | 'restart'): Action | null {
  if (service?.action === 'stop') return {name: service.name, verb: 'start'}
  return service && least === 'restart' ? {name: service.name, verb: 'restart'} : null
}

async function act({name, verb}: Action, ports: Ports): Promise<void> {
  const runtime = await ports.runtime()
  await ports.progress.step(`${verb === 'start' ? 'Start' : 'Restart'} ${name}`, () => runtime.control(name, verb))
}

async function runHook(argv: readonly string[], ports: Ports): Promise<void> {
  const shared = (await ports.locks()).sharing()
  await using program = (await ports.programs()).start(argv, shared)
  const {exitCode, output} = await program.ended
  if (exitCode === 0) return
  const said = output.trim().split('\n').at(-1) ?? ''
  throw new OperatorError('failed', `${argv[0]} ended with ${exitCode ?? 'a signal'}${said === '' ? '' : `: ${said}`}.`)
}

/** Returns null, or what was wrong when time was up. */
async function waitUntilHealthy(api: ApiAroundSwap, ports: Ports): Promise<string | null> {
  const deadline = ports.clock.elapsed() + api.limitMilliseconds
  for (;;) {
    const problem = await problemOf(api, ports)
    if (problem === null) return null
    if (ports.clock.elapsed() >= deadline) return problem
    await ports.clock.sleep(pollMilliseconds, ports.signal)
  }
}

async function problemOf({service, url}: ApiAroundSwap, ports: Ports): Promise<string | null> {
  const containers = service ? (await (await ports.runtime()).services()).filter((each) => each.service === service.name) : []
  const ill = containers.find(({state, health}) => state !== 'running' || health === 'starting' || health === 'unhealthy')
  if (ill) return `${ill.name} is ${ill.state === 'running' ? ill.health : ill.state}`
  if (url === null) return null
  try {
    const {status} = await (await ports.http()).get(url, {timeoutMilliseconds: probeMilliseconds, signal: ports.signal})
    return status === 200 ? null : `${url} answers with ${status}`
  } catch (error) {
    if (error instanceof OperatorError && error.kind !== 'interrupted') return error.message
    throw error
  }
}
