import type {Finding, Status} from '../../domain/finding.ts'
import type {HealthReport} from '../../domain/health.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {type Row, table, wrap} from '../table.ts'
import {type Look, type Theme, theme} from '../theme.ts'

const summaryOrder: readonly Status[] = ['critical', 'warning', 'unknown', 'ok']

/** Returns the screen of `health`: a line per subject, worst first, a hint beneath each problem, and the verdict last. */
export function healthView(report: HealthReport, look: Look): string {
  const paint = theme(look)
  const rows = report.findings.flatMap((finding) => findingRows(finding, paint))
  const missing =
    report.notLookedAt.length === 0 ? [] : wrap(`Not configured, so not looked at: ${report.notLookedAt.join(', ')}.`, look.columns)
  return [table(rows, {columns: look.columns}), '', ...missing.map((line) => paint.dim(line)), summary(report, paint)].join('\n')
}

/** Returns the rows of a finding: status, subject and message, and the hint beneath. */
export function findingRows({status, subject, message, hint}: Finding, paint: Theme): Row[] {
  const row: Row = [{text: status.toUpperCase(), paint: (text) => paint.status(status, text)}, subject, message]
  return hint === undefined ? [row] : [row, ['', '', {text: `→ ${hint}`, paint: paint.hint}]]
}

function summary({project, environment, status, counts, milliseconds}: HealthReport, paint: Theme): string {
  const parts = summaryOrder.filter((each) => counts[each] > 0).map((each) => `${counts[each]} ${each === 'ok' ? 'OK' : each}`)
  const counted = parts.length === 0 ? 'nothing was seen' : parts.join(', ')
  return `${paint.status(status)}  ${project} ${environment}: ${counted}, in ${formatDuration(milliseconds)}`
}
