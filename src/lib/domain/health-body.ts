import type {Status} from './finding.ts'

/** What the body of a health endpoint says about itself and its parts. */
export interface HealthBody {
  /** The body's own verdict and its word; null where it gives none. */
  own: {status: Status; word: string} | null
  /** Parts that are not well, or that are switched off, by name. */
  parts: readonly {name: string; status: Status; word: string}[]
}

const words: Record<string, Status> = {
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
  // Switched off on purpose is no fault, but worth a word.
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

const partKeys = ['components', 'checks', 'services', 'dependencies']

/** Returns what a JSON body says about health, or null where the text is no JSON object. Words that are not known count as warnings. */
export function readHealthBody(text: string): HealthBody | null {
  const body = parseObject(text)
  if (body === null) return null
  const word = wordOf(body)
  const parts = partKeys.flatMap((key) => partsOf(body[key])).filter(({status, word: said}) => status !== 'ok' || switchedOff.has(said))
  return {own: word === null ? null : {status: meaning(word), word}, parts}
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

function partsOf(value: unknown): {name: string; status: Status; word: string}[] {
  const named: [string, unknown][] = Array.isArray(value)
    ? value.map((part: unknown) => [isObject(part) ? String(part.name ?? 'unnamed') : '', part])
    : Object.entries(isObject(value) ? value : {})
  return named.flatMap(([name, part]) => {
    const word = wordOf(part)
    return word === null ? [] : [{name, status: meaning(word), word}]
  })
}

/** The word that a value uses for its state: itself, or its `status`, `state` or `healthy`. */
function wordOf(value: unknown): string | null {
  const said = isObject(value) ? (value.status ?? value.state ?? value.healthy) : value
  return typeof said === 'string' || typeof said === 'boolean'
    ? String(said).toLowerCase().replaceAll(/[_-]/g, ' ').trim().slice(0, 40)
    : null
}

function meaning(word: string): Status {
  return words[word] ?? 'warning'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
