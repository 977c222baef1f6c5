import type {Finding} from '../../domain/finding.ts'
import {table} from '../table.ts'
import {theme, type Look} from '../theme.ts'
import {findingRows} from './health.ts'

/** Returns the screen of `doctor --list`: name and question of each check. */
export function doctorListView(checks: readonly {name: string; about: string}[], look: Look): string {
  return table(
    checks.map(({name, about}) => [name, about]),
    {columns: look.columns},
  )
}

/** Returns the screen of `doctor`: a line for each finding and what to do beneath it. */
export function doctorView(findings: readonly Finding[], look: Look): string {
  const paint = theme(look)
  return table(
    findings.flatMap((finding) => findingRows(finding, paint)),
    {columns: look.columns},
  )
}
