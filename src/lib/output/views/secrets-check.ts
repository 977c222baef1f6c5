import {worst, worstFirst, type Finding} from '../../domain/finding.ts'
import {count} from '../../domain/quantity.ts'
import {table, type Row} from '../table.ts'
import {theme, type Look} from '../theme.ts'

/** Returns the screen of `secrets check`: a line for each finding, worst first, a hint beneath each problem, the verdict last. */
export function secretsCheckView(folder: string, findings: readonly Finding[], look: Look): string {
  const paint = theme(look)
  const rows = worstFirst(findings).flatMap(({status, subject, message, hint}): Row[] => {
    const row: Row = [{text: status.toUpperCase(), paint: (text) => paint.status(status, text)}, subject, message]
    return hint === undefined ? [row] : [row, ['', '', {text: `→ ${hint}`, paint: paint.hint}]]
  })
  const wrong = findings.filter(({status}) => status !== 'ok').length
  const verdict = wrong === 0 ? 'everything is in order' : `${count(wrong, 'thing')} to see to`
  return [table(rows, {columns: look.columns}), '', `${paint.status(worst(findings))}  ${folder}: ${verdict}`].join('\n')
}
