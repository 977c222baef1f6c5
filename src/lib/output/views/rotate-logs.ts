import type {Finding} from '../../domain/finding.ts'
import {count, formatBytes} from '../../domain/quantity.ts'
import {theme, type Look} from '../theme.ts'

export interface RotateLogsReport {
  rotated: readonly {path: string; to: string; reason: string}[]
  removed: readonly string[]
  snapshots: readonly {service: string; path: string; lines: number; bytes: number}[]
  findings: readonly Finding[]
}

/** Returns what became of the logs, and what has to be looked at, with the lines to add where Docker bounds nothing. */
export function rotateLogsView(report: RotateLogsReport, look: Look): string {
  const {rotated, removed, snapshots} = report
  const lines = [
    ...rotated.map(({path, to, reason}) => `rotated   ${path} to ${nameOf(to)}: ${reason}`),
    ...removed.map((path) => `removed   ${path}`),
    ...snapshots.map(
      ({service, path, lines: kept, bytes}) => `snapshot  ${count(kept, 'line')} of ${service} (${formatBytes(bytes)}) in ${path}`,
    ),
  ]
  return [...(lines.length === 0 ? ['No log was due.'] : lines), ...findingLines(report.findings, look)].join('\n')
}

/** Returns one line for all of it. */
export function rotateLogsMessage({rotated, removed, findings}: RotateLogsReport): string {
  const problems = findings.filter(({status}) => status !== 'ok').map(({subject, message}) => `${subject}: ${message}`)
  return [...problems, `${count(rotated.length, 'log')} rotated, ${removed.length} removed`].join('; ')
}

/** Returns the findings that are not well, each with what to do about it; for the plan of a dry run, too. */
export function findingLines(findings: readonly Finding[], look: Look): string[] {
  const paint = theme(look)
  return findings.flatMap(({status, subject, message, hint}) => [
    `${paint.status(status)}  ${subject}: ${message}`,
    ...(hint === undefined ? [] : hint.split('\n').map((line, index) => paint.hint(index === 0 ? `  Next: ${line}` : `    ${line}`))),
  ])
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
