import {worst, worstFirst, type Finding} from '../../domain/finding.ts'
import {count} from '../../domain/quantity.ts'
import {table} from '../table.ts'
import {theme, type Look} from '../theme.ts'
import {findingRows} from './health.ts'

/** Returns the screen of `cert-check`: a line for each finding, worst first, what to do beneath it, the verdict last. */
export function certCheckView(findings: readonly Finding[], sites: number, look: Look): string {
  const paint = theme(look)
  const rows = worstFirst(findings).flatMap((finding) => findingRows(finding, paint))
  const wrong = findings.filter(({status}) => status !== 'ok').length
  const verdict = wrong === 0 ? 'everything is in order' : `${count(wrong, 'thing')} to see to`
  return [
    table(rows, {columns: look.columns}),
    '',
    `${paint.status(worst(findings))}  ${count(sites, 'place')} looked at: ${verdict}`,
  ].join('\n')
}
