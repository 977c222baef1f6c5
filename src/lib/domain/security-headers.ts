import type {Finding} from './finding.ts'
import {escapeControls} from './log-line.ts'
import {formatDuration} from './quantity.ts'

/** Half a year, the least that the preload lists and scanners of today let pass. Seconds. */
const leastAge = 180 * 86_400

/** Returns a finding for what the headers of a site lack; `headers` by their names in lower case. */
export function judgeHeaders(label: string, headers: Readonly<Record<string, string>>): Finding {
  const lacks = [judgeFraming(headers), judgeSniffing(headers), judgeTransport(headers)].filter((lack) => lack !== null)
  const subject = `${label} headers`
  if (lacks.length === 0) return {subject, status: 'ok', message: 'the security headers are there'}
  return {subject, status: 'warning', message: lacks.join('; '), hint: 'add them in the proxy, under security-headers'}
}

function judgeFraming(headers: Readonly<Record<string, string>>): string | null {
  const frame = headers['x-frame-options']?.trim().toUpperCase()
  if (frame === 'DENY' || frame === 'SAMEORIGIN' || /(?:^|;)\s*frame-ancestors\s/i.test(headers['content-security-policy'] ?? ''))
    return null
  return frame === undefined ? 'X-Frame-Options is missing' : `X-Frame-Options is ${escapeControls(frame)}, which browsers do not know`
}

function judgeSniffing(headers: Readonly<Record<string, string>>): string | null {
  const value = headers['x-content-type-options']
  if (value?.trim().toLowerCase() === 'nosniff') return null
  return value === undefined ? 'X-Content-Type-Options is missing' : 'X-Content-Type-Options is not nosniff'
}

function judgeTransport(headers: Readonly<Record<string, string>>): string | null {
  const value = headers['strict-transport-security']
  if (value === undefined) return 'Strict-Transport-Security is missing'
  const [, digits] = /(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)/i.exec(value) ?? []
  if (digits === undefined) return 'Strict-Transport-Security has no max-age'
  const age = Number(digits)
  if (age === 0) return 'Strict-Transport-Security is switched off (max-age=0)'
  return age >= leastAge ? null : `Strict-Transport-Security holds for ${formatDuration(age * 1000)} only`
}
