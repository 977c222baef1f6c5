import {type Finding, type Measurement, worst, worstFirst} from '../domain/finding.ts'
import {count} from '../domain/quantity.ts'

/** The part before the performance data that consoles and pagers show; longer text is cut off by some of them. */
const firstLineLimit = 80

/** Returns what a Nagios plugin prints, without the final newline: `SPARKONE STATUS: text | performance data`, then a line per finding. */
export function nagiosText({verb, findings}: {verb: string; findings: readonly Finding[]}): string {
  const sorted = worstFirst(findings)
  const data = sorted.flatMap(({subject, measurements = []}) => measurements.map((measurement) => performanceDatum(subject, measurement)))
  const first = cut(`SPARKONE ${worst(findings).toUpperCase()}: ${summary(verb, sorted)}`)
  const head = data.length === 0 ? first : `${first} | ${data.join(' ')}`
  return [
    head,
    ...sorted.map(({status, subject, message, hint}) => plain(`${status.toUpperCase()} ${subject}: ${message}${next(hint)}`)),
  ].join('\n')
}

function summary(verb: string, sorted: readonly Finding[]): string {
  const problems = sorted.filter((finding) => finding.status !== 'ok')
  const [first] = problems
  if (sorted.length === 0) return `${verb}: nothing was seen`
  if (!first) return `${verb}: ${count(sorted.length, 'subject')} ok`
  const others = problems.length === 1 ? '' : ` (+${problems.length - 1} more)`
  return `${cut(plain(`${first.subject}: ${first.message}`), firstLineLimit - 'SPARKONE CRITICAL: '.length - others.length)}${others}`
}

function next(hint: string | undefined): string {
  return hint === undefined ? '' : ` (next: ${hint})`
}

/** One datum: `'label'=value[unit];[warning];[critical];[minimum];[maximum]`, without trailing semicolons. */
function performanceDatum(
  subject: string,
  {label, value, unit = '', warning, critical, below = false, minimum, maximum}: Measurement,
): string {
  const name = plain(`${subject} ${label}`).replaceAll('=', '-').replaceAll("'", "''")
  const [minimal, maximal] = [minimum, maximum].map((limit) => (limit === undefined ? '' : decimal(limit)))
  // A range `10:` rings below 10, and `10` above it.
  const ranges = [warning, critical].map((limit) => (limit === undefined ? '' : `${decimal(limit)}${below ? ':' : ''}`))
  const limits = [...ranges, minimal, maximal]
  return `'${name}'=${Number.isFinite(value) ? decimal(value) + unit : 'U'};${limits.join(';')}`.replace(/;+$/, '')
}

/** A number without an exponent, which the format does not know. */
function decimal(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(6).replace(/\.?0+$/, '')
}

/** The bar starts performance data and a line break starts the long text, so neither may stand in a text. */
function plain(text: string): string {
  return text.replaceAll('|', '/').replaceAll(/\s+/g, ' ').trim()
}

function cut(text: string, limit = firstLineLimit): string {
  const characters = [...text]
  return characters.length <= limit
    ? text
    : `${characters
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`
}
