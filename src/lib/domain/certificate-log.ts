import type {Finding} from './finding.ts'
import {escapeControls, isMeant, readLogLine, type LogLine} from './log-line.ts'
import {count} from './quantity.ts'

/** A renewal that fails is tried again once a day, so that what is older has been overtaken. */
const recent = 24 * 3_600_000

/** Longer messages hold whole answers of the authority. */
const longest = 300

/** Returns what the log of a proxy says about certificates that went wrong; `lines` oldest first. */
export function judgeProxyLog(service: string, lines: readonly string[], now: Date): Finding {
  const subject = `${service} log`
  const errors = lines
    .map((text) => readLogLine({service, at: null, text}))
    .filter((line) => isOfCertificates(line) && isFailure(line) && (line.at === null || now.getTime() - line.at <= recent))
  const newest = errors.at(-1)
  if (newest === undefined) return {subject, status: 'ok', message: 'nothing went wrong with certificates in the last 24 h'}
  const text = escapeControls(wordsOf(newest))
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text
  const hint = /rate.?limit/i.test(text)
    ? 'the authority takes no more requests: wait as long as it says, and do not restart the proxy meanwhile'
    : `docker compose logs --since 24h ${service}`
  return {
    subject,
    status: 'warning',
    message: `${count(errors.length, 'error')} about certificates in the last 24 h, at last: ${shown}`,
    hint,
  }
}

/** What a visitor asked for is no word of the proxy, even where `certificate` stands in it. */
function isOfCertificates(line: LogLine): boolean {
  return !('RequestPath' in line.extra) && /\bacme\b|certificate/i.test(wordsOf(line))
}

/** Traefik 3 writes levels of three letters where it does not write JSON. */
function isFailure(line: LogLine): boolean {
  return isMeant(line, 'errors', 0) || (!line.structured && /^\S+ (?:ERR|FTL|PNC) /.test(line.message))
}

function wordsOf({message, extra}: LogLine): string {
  const {error, providerName} = extra
  return [message, error, providerName].filter((part) => typeof part === 'string' && part !== '').join(': ')
}
