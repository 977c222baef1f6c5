import type {Finding, Measurement} from '../../domain/finding.ts'
import {type HealthInput, type Observed, shownUrl} from '../../domain/health.ts'
import {count} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {observe} from './observe.ts'

export interface Target {
  job: string
  instance: string
  health: 'up' | 'down' | 'unknown'
  lastError: string
}

/** Asks Prometheus for its active targets; null where no Prometheus is configured. */
export async function gatherTargets({prometheusUrl, timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<Target[]> | null> {
  if (prometheusUrl === null) return null
  const url = `${prometheusUrl.replace(/\/+$/, '')}/api/v1/targets?state=active`
  return observe(ports, timeoutMilliseconds, async (signal) => {
    const reply = await (await ports.http()).get(url, {timeoutMilliseconds, signal})
    if (reply.status !== 200) throw new OperatorError('failed', `answers ${reply.status} instead of its targets.`)
    return readTargets(reply.body)
  })
}

/** Returns a finding per target that is not up, and one for those that are. */
export function judgeTargets(observed: Observed<Target[]> | null, {prometheusUrl}: HealthInput): Finding[] {
  if (observed === null || prometheusUrl === null) return []
  const ask = `curl -s '${shownUrl(prometheusUrl)}/api/v1/targets?state=active'`
  if (!observed.seen) {
    return [
      {subject: 'prometheus', status: 'unknown', message: `${shownUrl(prometheusUrl)}: ${observed.message}`, hint: observed.hint ?? ask},
    ]
  }
  const targets = observed.value
  const up = targets.filter(({health}) => health === 'up').length
  const measurements: Measurement[] = [{label: 'targets up', value: up, minimum: 0, maximum: targets.length}]
  if (targets.length === 0) {
    return [{subject: 'prometheus', status: 'unknown', message: 'has no targets, so it measures nothing', hint: ask, measurements}]
  }
  const summary: Finding = {subject: 'prometheus', status: 'ok', message: `${up} of ${count(targets.length, 'target')} up`, measurements}
  return [summary, ...targets.filter(({health}) => health !== 'up').map((target) => judgeTarget(target, ask))]
}

function judgeTarget({job, instance, health, lastError}: Target, hint: string): Finding {
  const subject = `target ${job} ${instance}`
  if (health === 'unknown') return {subject, status: 'unknown', message: 'has not been scraped yet', hint}
  return {subject, status: 'critical', message: `down${lastError === '' ? '' : `: ${lastError.replaceAll(/\s+/g, ' ')}`}`, hint}
}

function readTargets(body: string): Target[] {
  const {data} = parse(body) as {data?: {activeTargets?: {labels?: Record<string, string>; health?: string; lastError?: string}[]}}
  if (!Array.isArray(data?.activeTargets)) throw new OperatorError('failed', 'answers something that is no list of targets.')
  return data.activeTargets.map(({labels, health, lastError}) => ({
    job: labels?.job ?? 'unknown',
    instance: labels?.instance ?? 'unknown',
    health: health === 'up' || health === 'down' ? health : 'unknown',
    lastError: lastError ?? '',
  }))
}

function parse(body: string): object {
  try {
    return Object(JSON.parse(body)) as object
  } catch (cause) {
    throw new OperatorError('failed', 'answers something that is not JSON.', {cause})
  }
}
