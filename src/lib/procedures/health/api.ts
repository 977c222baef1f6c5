import {type Finding, type Measurement, type Status, worst} from '../../domain/finding.ts'
import {readHealthBody, type HealthBody} from '../../domain/health-body.ts'
import {type HealthInput, type Observed, shownUrl} from '../../domain/health.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {HttpReply, Ports} from '../../ports.ts'
import {showLogs, startService} from './hints.ts'
import {observe} from './observe.ts'

/** One endpoint of the API: its path, its URL and what it answered. */
export interface ApiFacts {
  path: string
  url: string
  reply: Observed<HttpReply>
}

/** Asks every endpoint at once. */
export function gatherApi({api, timeoutMilliseconds}: HealthInput, ports: Ports): Promise<ApiFacts[]> {
  return Promise.all((api?.endpoints ?? []).map((path) => gatherEndpoint(path, endpointUrl(api!.url, path), timeoutMilliseconds, ports)))
}

/** Returns one finding per endpoint; one that stands for something switched off is no evidence of anything and has none. */
export function judgeApi(facts: readonly ApiFacts[], {services}: Pick<HealthInput, 'services'>): Finding[] {
  return facts.filter((endpoint) => !isOff(endpoint)).map((endpoint) => judgeEndpoint(endpoint, services.api))
}

async function gatherEndpoint(path: string, url: string, timeoutMilliseconds: number, ports: Ports): Promise<ApiFacts> {
  const reply = await observe(ports, timeoutMilliseconds, async (signal) => (await ports.http()).get(url, {timeoutMilliseconds, signal}))
  return {path, url, reply}
}

function endpointUrl(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path}`
}

function isOff({reply}: ApiFacts): boolean {
  return reply.seen && reply.value.status < 300 && readHealthBody(reply.value.body)?.own?.off === true
}

function judgeEndpoint({path, url, reply}: ApiFacts, service: string | null): Finding {
  // A query may hold a token, and the path tells the endpoints apart.
  const subject = `api ${path.replace(/[?#].*$/, '')}`
  if (!reply.seen) {
    return {subject, status: 'critical', message: `${shownUrl(url)}: ${reply.message}`, hint: startService(service, reply.hint ?? ask(url))}
  }
  const {status: code, milliseconds, body} = reply.value
  const measurements: Measurement[] = [{label: 'time', value: milliseconds / 1000, unit: 's', minimum: 0}]
  const said = readHealthBody(body)
  const status = worst([{status: statusOfCode(code)}, ...spoken(said)].map((part) => ({subject, message: '', ...part})))
  const message = [`${code} in ${formatDuration(milliseconds)}`, ...describe(code, reply.value.headers), ...describeBody(said)].join(', ')
  return {subject, status, message, measurements, ...(status === 'ok' ? {} : {hint: hintFor(code, url, service)})}
}

/** The verdict of a status code alone; a redirect and a refusal tell nothing about health. */
function statusOfCode(code: number): Status {
  if (code >= 200 && code < 300) return 'ok'
  if (code < 400 || code === 401 || code === 403) return 'unknown'
  return code === 429 ? 'warning' : 'critical'
}

/** What the body adds: a part that is down leaves the whole degraded as long as the API itself does not call itself down. */
function spoken(said: HealthBody | null): {status: Status}[] {
  if (said === null) return []
  const parts = said.parts.map(({status}) => ({status: status === 'critical' ? ('warning' as const) : status}))
  return said.own === null ? parts : [said.own, ...parts]
}

function describe(code: number, headers: Record<string, string>): string[] {
  if (code >= 300 && code < 400) return [`redirects to ${shownUrl(headers.location ?? '')}`]
  if (code === 401 || code === 403) return ['refuses to answer without credentials']
  return code === 404 ? ['there is no such endpoint'] : []
}

function describeBody(said: HealthBody | null): string[] {
  if (said === null) return []
  const own = said.own === null || said.own.status === 'ok' ? [] : [said.own.words]
  return [...own, ...said.parts.map(({name, words}) => `${name} ${words}`)]
}

function hintFor(code: number, url: string, service: string | null): string {
  if (code === 404 || code < 400)
    return code < 300 ? showLogs(service, ask(url)) : `${ask(url)}   (set api.url and api.endpoints in sparkone.yml to what answers)`
  return showLogs(service, ask(url))
}

function ask(url: string): string {
  return `curl -i '${shownUrl(url)}'`
}
