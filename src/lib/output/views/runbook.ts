import type {Escalation} from '../../domain/escalation.ts'
import {fencesOf, type Runbook, type Section} from '../../domain/runbook.ts'
import {blockLines} from '../markdown.ts'
import {table, wrap, type Row} from '../table.ts'
import {theme, type Look, type Theme} from '../theme.ts'
import {escalationLines} from './escalation.ts'

/** Lines longer than this are hard to read, however wide the terminal. */
const widest = 100

/** Returns the pages in two tables: those for alerts, and those for commands and checklists. */
export function runbookListView(pages: readonly Runbook[], look: Look): string {
  if (pages.length === 0) return 'There are no runbooks.'
  const paint = theme(look)
  const [alerts, others] = [pages.filter((page) => page.alerts.length > 0), pages.filter((page) => page.alerts.length === 0)]
  const flawed = pages.flatMap(({file, problems}) => problems.map((problem) => `${file}: ${problem}`))
  const parts = [
    ...listed('Alerts', alerts, look, paint),
    ...listed('Commands and checklists', others, look, paint),
    ...(flawed.length === 0 ? [] : [paint.heading('To be mended'), ...flawed.map((line) => `  ${line}`), '']),
    'sparkone runbook show NAME, or sparkone runbook for ALERT',
  ]
  return parts.join('\n')
}

/** Returns a page for the terminal: wrapped prose, commands alone on their lines so that they can be pasted, and last who is called. */
export function runbookView(page: Runbook, escalation: Escalation, {color, columns}: Look): string {
  const paint = theme({color})
  const width = Math.min(columns, widest)
  const facts = [page.severity, `owner: ${page.owner}`, `at most ${page.maxDuration}`, `to be read again by ${page.reviewBy}`]
  const lines = [
    paint.heading(page.heading || page.title),
    paint.dim(facts.join(' · ')),
    ...(page.alerts.length === 0 ? [] : [paint.dim(`alerts: ${page.alerts.join(', ')}`)]),
    ...page.problems.map((problem) => paint.status('warning', `to be mended: ${problem}`)),
    ...inputLines(page, width),
    ...indented(blockLines(page.introduction, {width, paint})),
    ...page.sections.flatMap((section) => sectionLines(section, width, paint)),
    // The form has the section Escalation last; on a page without one the contacts stand there all the same.
    '',
    ...indented(escalationLines(escalation, width - 2, paint)),
    '',
    paint.dim(page.file),
  ]
  return lines.join('\n')
}

/** Returns the page for the JSON document: its facts, its commands in order, and the Markdown itself. */
export function runbookBody(page: Runbook): Record<string, unknown> {
  const {introduction: _introduction, sections: _sections, heading: _heading, markdown, ...facts} = page
  const steps = fencesOf(page).map(({section, step, fence: {language, attributes, text, line}}) => {
    return {section, step: step?.title ?? null, anchor: step?.anchor ?? null, language, attributes, text, line}
  })
  return {...facts, steps, markdown}
}

function listed(title: string, pages: readonly Runbook[], {columns}: Look, paint: Theme): string[] {
  if (pages.length === 0) return []
  const rows = pages.map(({name, severity, title: text, origin}): Row => {
    const mark = origin === 'project' ? ' (project)' : ''
    return [
      `  ${name}`,
      {text: severity, paint: severity === 'info' ? paint.dim : (word) => paint.status(severity, word)},
      `${text.replace(`${name}: `, '')}${mark}`,
    ]
  })
  return [paint.heading(title), table(rows, {columns}), '']
}

function inputLines({inputs}: Runbook, width: number): string[] {
  if (inputs.length === 0) return []
  const lines = inputs.flatMap(({name, description}) => wrap(`export ${name}=…  ${description}`, width - 2).map((line) => `  ${line}`))
  return ['', 'Set first:', ...lines]
}

function sectionLines({title, blocks, steps}: Section, width: number, paint: Theme): string[] {
  const inner = {width: width - 2, paint}
  return [
    '',
    paint.heading(title.toUpperCase()),
    ...indented(blockLines(blocks, inner)),
    ...steps.flatMap((step) => ['', `  ${paint.heading(step.title)}`, ...indented(blockLines(step.blocks, inner))]),
  ]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `  ${line}`))
}
