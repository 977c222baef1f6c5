import {worseThan, type Performance, type ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {ReleaseStack} from '../../ports/release-stack.ts'
import {askApi} from './gate.ts'

const queryMilliseconds = 5000
/** What is compared with: long enough to be ordinary, short enough to be today. */
const baselineWindow = '10m'
/** In less, Prometheus has too few samples to tell a rate, and would still count what ran before. */
const shortestWindowSeconds = 60

const nothing: Performance = {errors: null, p95Seconds: null}

export interface Soaked {
  before: Performance
  after: Performance
  /** How many answers of the API were well, of how many. */
  answers: {well: number; all: number}
  /** What is not looked at, since nothing is configured for it. */
  notes: readonly string[]
  /** What should have been looked at, and could not be. */
  remarks: readonly string[]
}

/** The services of the release that have containers. */
export interface Watched {
  stack: ReleaseStack
  services: readonly string[]
}

/** Returns how the API did before a release; nothing is known where no Prometheus answers. */
export function measureBefore(rules: ReleaseRules, ports: Ports): Promise<Performance> {
  return measure(rules, baselineWindow, ports)
}

/** Watches a release for as long as the rules say. Throws `failed` as soon as it does badly: its containers, its answers, or its figures. */
export async function soak(before: Performance, rules: ReleaseRules, watched: Watched, ports: Ports): Promise<Soaked> {
  const {clock, signal} = ports
  const restarts = await restartsOf(watched)
  const end = clock.elapsed() + rules.soak.durationMilliseconds
  const answers = {well: 0, all: 0}
  let failures = 0
  while (clock.elapsed() < end) {
    await clock.sleep(rules.soak.intervalMilliseconds, signal)
    await assertRunning(watched, restarts)
    if (rules.apiUrl === null) continue
    const problem = await askApi(rules.apiUrl, ports, signal)
    answers.all += 1
    if (problem === null) answers.well += 1
    failures = problem === null ? 0 : failures + 1
    if (failures >= rules.soak.failures)
      throw new OperatorError('failed', `The new release turned bad: ${problem}, ${failures} times in a row.`)
  }
  const seconds = rules.soak.durationMilliseconds / 1000
  const notes = notesOn(rules, seconds)
  if (rules.prometheusUrl === null || seconds < shortestWindowSeconds) return {before, after: nothing, answers, notes, remarks: []}
  const after = await measure(rules, `${Math.ceil(seconds)}s`, ports)
  const worse = worseThan(before, after, rules.soak)
  if (worse !== null) throw new OperatorError('failed', `The new release does worse: ${worse}.`)
  return {before, after, answers, notes, remarks: remarksOn(before, after)}
}

async function restartsOf({stack, services}: Watched): Promise<Map<string, number>> {
  const replicas = await Promise.all(services.map((service) => stack.replicas(service)))
  return new Map(replicas.flat().map(({id, restarts}) => [id, restarts]))
}

async function assertRunning({stack, services}: Watched, known: ReadonlyMap<string, number>): Promise<void> {
  for (const service of services) {
    const replicas = await stack.replicas(service)
    const ill = replicas.find(
      ({id, running, health, restarts}) => !running || health === 'unhealthy' || restarts > (known.get(id) ?? restarts),
    )
    if (!ill && replicas.length > 0) continue
    const details = ill ? await stack.lastLines(ill, 20).catch(() => []) : []
    throw new OperatorError(
      'failed',
      `The new release turned bad: ${ill ? `${ill.name} ${ill.running ? 'is unhealthy or was started again' : 'has ended'}` : `${service} is gone`}.`,
      {details},
    )
  }
}

function notesOn({apiUrl, prometheusUrl}: ReleaseRules, seconds: number): string[] {
  const isShort = prometheusUrl !== null && seconds < shortestWindowSeconds
  return [
    ...(apiUrl === null ? ['the API was not asked: its address is not known (api.url)'] : []),
    ...(prometheusUrl === null ? ['errors and p95 were not compared: no Prometheus is known (prometheus.url)'] : []),
    ...(isShort
      ? [
          `errors and p95 were not compared: ${seconds} s are too short for that, ${shortestWindowSeconds} s would do (deploy.soak.duration)`,
        ]
      : []),
  ]
}

function remarksOn(before: Performance, after: Performance): string[] {
  return [
    ...((before.errors ?? after.errors) === null ? ['errors were not compared: Prometheus does not tell them'] : []),
    ...((before.p95Seconds ?? after.p95Seconds) === null ? ['p95 was not compared: Prometheus does not tell it'] : []),
  ]
}

async function measure({prometheusUrl, soak: {errorsQuery, p95Query}}: ReleaseRules, window: string, ports: Ports): Promise<Performance> {
  if (prometheusUrl === null) return nothing
  const ask = (query: string) =>
    askPrometheus(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query.replaceAll('$window', window))}`, ports)
  const [errors, p95Seconds] = await Promise.all([ask(errorsQuery), ask(p95Query)])
  return {errors, p95Seconds}
}

/** Returns the one value of the answer; null for none, several, or no number: monitoring that is down must not stop a release. */
async function askPrometheus(url: string, {http, signal}: Ports): Promise<number | null> {
  try {
    const {status, body} = await (await http()).get(url, {timeoutMilliseconds: queryMilliseconds, signal})
    if (status !== 200) return null
    const {data} = JSON.parse(body) as {data?: {result?: {value?: [number, string]}[]}}
    const values = data?.result ?? []
    const value = values.length === 1 ? Number(values[0]?.value?.[1]) : Number.NaN
    return Number.isFinite(value) ? value : null
  } catch (error) {
    if (signal.aborted) throw error
    return null
  }
}
