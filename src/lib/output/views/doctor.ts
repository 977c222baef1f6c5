import type {Finding} from '../../domain/finding.ts'
import {table} from '../table.ts'
import {theme, type Look} from '../theme.ts'
import {findingRows} from './health.ts'

/** Returns the screen of `doctor`: a line for each finding and what to do beneath it. */
export function doctorView(findings: readonly Finding[], look: Look): string {
  const paint = theme(look)
  return table(
    findings.flatMap((finding) => findingRows(finding, paint)),
    {columns: look.columns},
  )
}
