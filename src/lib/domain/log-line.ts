/** One line of a log in columns; what it does not tell is null. */
export interface LogLine {
  service: string
  /** Milliseconds since 1970. */
  at: number | null
  level: string | null
  message: string
  /** What else a structured line holds. */
  extra: Readonly<Record<string, unknown>>
  /** Whether the columns come out of JSON. */
  structured: boolean
}

export const logFilters = ['errors', 'security', 'slow'] as const
export type LogFilter = (typeof logFilters)[number]

/** Levels of pino: https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object */
const pinoLevels: Readonly<Record<number, string>> = {10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal'}

const timeKeys = ['time', 'timestamp', 'ts', '@timestamp']
const levelKeys = ['level', 'severity', 'lvl']
const messageKeys = ['msg', 'message']
const serviceKeys = ['service', 'pid', 'hostname']

/** Returns a line in columns: JSON is taken apart, anything else is its own message. */
export function readLogLine({service, at, text}: {service: string; at: number | null; text: string}): LogLine {
  const fields = text.startsWith('{') ? parseObject(text) : null
  if (fields === null) return {service, at: at ?? leadingTime(text), level: plainLevel(text), message: text, extra: {}, structured: false}
  const known = new Set([...timeKeys, ...levelKeys, ...messageKeys, ...serviceKeys])
  const pick = (keys: readonly string[]) => keys.map((key) => fields[key]).find((value) => value !== undefined)
  return {
    service,
    at: timeOf(pick(timeKeys)) ?? at,
    level: levelOf(pick(levelKeys)),
    message: String(pick(messageKeys) ?? ''),
    extra: Object.fromEntries(Object.entries(fields).filter(([key]) => !known.has(key))),
    structured: true,
  }
}

/** Returns whether a line is of the kind asked for; `slow` are those that tell of a duration of at least so many milliseconds. */
export function isMeant(line: LogLine, filter: LogFilter, slowMilliseconds: number): boolean {
  if (filter === 'errors') return isError(line)
  const text = wordsOf(line)
  if (filter === 'security') return securityWords.test(text) || [401, 403, 429].includes(statusOf(line) ?? 0)
  return slowWords.test(text) || (durationOf(line) ?? -1) >= slowMilliseconds
}

/** Returns the text with everything escaped that could move the cursor, colour the terminal or turn the text around. */
export function escapeControls(text: string): string {
  return text.replaceAll(colours, '').replaceAll(controls, (character) => {
    const code = character.codePointAt(0)!
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

const escape = String.fromCodePoint(27)
/** What programs paint their lines with says nothing that is not in the words. */
const colours = new RegExp(`${escape}\\[[0-9;]*m`, 'g')
/** All control characters but the tab, and those that set the direction of text. */
const controls = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069](?<!\t)/gu

const securityWords =
  /rate.?limit|limiting (?:requests|connections)|too many requests|unauthori[sz]ed|forbidden|permission denied|access denied|(?:log.?in|password|authentication|auth)\b.{0,40}\b(?:fail|invalid|reject|denied)|(?:fail|invalid|reject)\w*.{0,40}\b(?:log.?in|password|authentication|token|credential)|WRONGPASS|NOAUTH|no pg_hba\.conf entry/i
const slowWords = /\bslow|time(?:d)?[ -]?out|deadline exceeded|\bETIMEDOUT\b/i
const errorWords = /\b(?:error|fatal|panic|critical|emerg|alert|exception|uncaught|unhandled|traceback)\b/i

function isError(line: LogLine): boolean {
  if (line.level !== null) return /^(?:err|error|fatal|panic|crit|critical|alert|emerg)/i.test(line.level)
  return (statusOf(line) ?? 0) >= 500 || errorWords.test(line.message)
}

function wordsOf({message, extra, structured}: LogLine): string {
  return structured ? `${message} ${JSON.stringify(extra)}` : message
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    // It only begins as JSON does.
    return null
  }
}

/** Milliseconds, seconds or text; seconds of today have ten digits, milliseconds thirteen. */
function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return value > 1e11 ? value : value > 1e8 ? value * 1000 : null
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}

/** Times as most programs begin their lines with them, and as nginx and Redis write theirs; without a zone they are UTC. */
function leadingTime(text: string): number | null {
  const head = text.slice(0, 300)
  const [, date, zone = 'Z'] = /^\[?(\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?/.exec(head) ?? []
  if (date !== undefined) return timeOf(`${date.replaceAll('/', '-').replace(' ', 'T').replace(',', '.')}${zone === 'UTC' ? 'Z' : zone}`)
  const [, day, time, offset] = /\[(\d{2}\/[A-Z][a-z]{2}\/\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})\]/.exec(head) ?? []
  if (day !== undefined) return timeOf(`${day.replaceAll('/', ' ')} ${time} ${offset}`)
  const [, redis] = /^\d+:[A-Z] (\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}\.\d+) /.exec(head) ?? []
  return redis === undefined ? null : timeOf(`${redis} UTC`)
}

function levelOf(value: unknown): string | null {
  if (typeof value === 'number') return pinoLevels[value] ?? String(value)
  return typeof value === 'string' ? value.toLowerCase() : null
}

/** Levels as PostgreSQL, nginx and Redis write them. */
function plainLevel(text: string): string | null {
  const [, postgres, nginx] =
    /\b(PANIC|FATAL|ERROR|WARNING|LOG|NOTICE|DETAIL|HINT|STATEMENT): |\[(emerg|alert|crit|error|warn|notice|info|debug)\]/.exec(
      text.slice(0, 200),
    ) ?? []
  return (postgres ?? nginx)?.toLowerCase() ?? null
}

function statusOf({extra, structured, message}: LogLine): number | null {
  if (!structured) return Number(/" (\d{3}) \d+/.exec(message)?.[1] ?? Number.NaN) || null
  const value = find(extra, /^(?:status|status_?code)$/i)
  return typeof value === 'number' ? value : null
}

/** Milliseconds: by the unit in the name of the field, or the text; without one they are milliseconds, as pino's `responseTime` is. */
function durationOf({extra, structured, message}: LogLine): number | null {
  if (!structured) return plainDuration(message)
  const [key, value] = entryOf(extra, /^(?:duration|elapsed|response_?time|latency|took)(?:_?(?:ms|s|sec|seconds|milliseconds))?$/i) ?? []
  if (typeof value === 'string') return plainDuration(value)
  if (typeof value !== 'number') return null
  return /_?(?:s|sec|seconds)$/i.test(key!) && !/ms$|milliseconds$/i.test(key!) ? value * 1000 : value
}

function plainDuration(text: string): number | null {
  const [, amount, unit] =
    /(?:duration|took|elapsed|request_time|in)[:= ]+(\d+(?:\.\d+)?) ?(ms|s)\b/i.exec(text) ?? /^(\d+(?:\.\d+)?) ?(ms|s)$/.exec(text) ?? []
  return amount === undefined ? null : Number(amount) * (unit!.toLowerCase() === 's' ? 1000 : 1)
}

function find(fields: Readonly<Record<string, unknown>>, name: RegExp): unknown {
  return entryOf(fields, name)?.[1]
}

/** A field, or one within a field: pino-http writes `res.statusCode`. */
function entryOf(fields: Readonly<Record<string, unknown>>, name: RegExp): [string, unknown] | null {
  for (const [key, value] of Object.entries(fields)) {
    if (name.test(key)) return [key, value]
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
    const inner = Object.entries(value).find(([each]) => name.test(each))
    if (inner) return inner
  }
  return null
}
