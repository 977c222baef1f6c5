import type {Status} from './finding.ts'

/** What the body of a health endpoint says about itself and its parts. */
export interface HealthBody {
  /** The body's own verdict; null where it gives none. */
  own: Said | null
  /** Parts that are not well, or that are switched off, by name. */
  parts: readonly (Said & {name: string})[]
}

/** A state in the API's own words. */
export interface Said {
  status: Status
  /** The word and, where there is one, the reason: `down: no such table`. */
  words: string
  /** Switched off on purpose: neither well nor ill. */
  off: boolean
}

const meanings: Record<string, Status> = {
  ok: 'ok',
  okay: 'ok',
  healthy: 'ok',
  up: 'ok',
  pass: 'ok',
  passed: 'ok',
  alive: 'ok',
  ready: 'ok',
  connected: 'ok',
  running: 'ok',
  true: 'ok',
  disabled: 'ok',
  'not configured': 'ok',
  skipped: 'ok',
  unhealthy: 'critical',
  down: 'critical',
  fail: 'critical',
  failed: 'critical',
  error: 'critical',
  critical: 'critical',
  unavailable: 'critical',
  disconnected: 'critical',
  false: 'critical',
}

const switchedOff = new Set(['disabled', 'not configured', 'skipped'])

/** Enough for a reason, and too little to fill the screen. */
const reasonLimit = 100

const partKeys = ['components', 'checks', 'services', 'dependencies']

/** Returns what a JSON body says about health, or null where the text is no JSON object. Words that are not known count as warnings. */
export function readHealthBody(text: string): HealthBody | null {
  const body = parseObject(text)
  if (body === null) return null
  const parts = partKeys.flatMap((key) => partsOf(body[key])).filter(({status, off}) => status !== 'ok' || off)
  return {own: saidBy(body), parts}
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    // Plain text is as good an answer as JSON; it only says less.
    return null
  }
}

function partsOf(value: unknown): (Said & {name: string})[] {
  const named: [string, unknown][] = Array.isArray(value)
    ? value.map((part: unknown) => [isObject(part) ? String(part.name ?? 'unnamed') : '', part])
    : Object.entries(isObject(value) ? value : {})
  return named.flatMap(([name, part]) => {
    const said = saidBy(part)
    return said === null ? [] : [{name, ...said}]
  })
}

/** What a value says of its state: itself, or its `status`, `state` or `healthy`, with its `message`, `error` or `reason`. */
function saidBy(value: unknown): Said | null {
  const {status, state, healthy, message, error, reason} = isObject(value) ? value : {status: value}
  const given = status ?? state ?? healthy
  if (typeof given !== 'string' && typeof given !== 'boolean') return null
  const word = String(given).toLowerCase().replaceAll(/[_-]/g, ' ').trim().slice(0, 40)
  return {status: meanings[word] ?? 'warning', words: withReason(word, message ?? error ?? reason), off: switchedOff.has(word)}
}

function withReason(word: string, reason: unknown): string {
  return typeof reason === 'string' ? `${word}: ${reason.replaceAll(/\s+/g, ' ').slice(0, reasonLimit)}` : word
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
