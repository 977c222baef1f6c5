import {nearest} from './nearest.ts'

/** The sections of a page, in the order in which somebody who was woken needs them. */
export const sectionTitles = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Rollback', 'Escalation'] as const

/** What a step does: the first two only look, `act` can be taken back, `destroy` cannot, `wait` polls, `manual` is done by a person. */
export const stepKinds = ['check', 'measure', 'act', 'destroy', 'wait', 'manual'] as const

export const severities = ['critical', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]

/** What stands in the front matter of a page. */
export interface RunbookFacts {
  title: string
  /** Alerts that the page answers, by their exact names; empty for commands and checklists. */
  alerts: readonly string[]
  severity: Severity
  /** A role, never a person. */
  owner: string
  /** Day, `YYYY-MM-DD`, by which somebody must have read the page again. */
  reviewBy: string
  /** Such as 30m: longer than this means that it is time to escalate. */
  maxDuration: string
  inputs: readonly RunbookInput[]
  requires: {tools: readonly string[]; services: readonly string[]}
  /** `project`: running the page takes the lock that backups and restores take. */
  lock: 'none' | 'project'
}

/** A value that the person at the keyboard gives, as an environment variable of that name. */
export interface RunbookInput {
  name: string
  type: 'text' | 'number'
  description: string
  /** Regular expression that the whole value must match. */
  pattern?: string | undefined
  secret: boolean
}

export interface Span {
  text: string
  style: 'plain' | 'code' | 'strong' | 'emphasis'
  /** Where a link leads. */
  target?: string
}

export type Block =
  | {kind: 'text'; spans: readonly Span[]}
  | {kind: 'list'; ordered: boolean; items: readonly (readonly Block[])[]}
  | {kind: 'table'; head: readonly (readonly Span[])[]; rows: readonly (readonly (readonly Span[])[])[]}
  | {kind: 'alert'; tone: string; blocks: readonly Block[]}
  | Fence

/** A fenced block: commands to paste, or an example of output. */
export interface Fence {
  kind: 'fence'
  language: string
  /** What stands in braces after the language: name, kind, timeout and the like. */
  attributes: Readonly<Record<string, string>>
  text: string
  line: number
}

export interface Step {
  title: string
  /** As GitHub makes it from the heading. */
  anchor: string
  blocks: readonly Block[]
}

export interface Section extends Step {
  steps: readonly Step[]
}

export interface Runbook extends RunbookFacts {
  /** The name of the file without its ending: an alert, a command, a checklist. */
  name: string
  file: string
  origin: 'packaged' | 'project'
  heading: string
  introduction: readonly Block[]
  sections: readonly Section[]
  /** The page as it was written. */
  markdown: string
  /** What is wrong with the front matter or the attributes; the page can be read all the same. */
  problems: readonly string[]
}

/** Returns every fence of a page with the section and step it stands in. */
export function fencesOf({sections}: Pick<Runbook, 'sections'>): {section: string; step: Step | null; fence: Fence}[] {
  return sections.flatMap(({title, blocks, steps}) => [
    ...fencesIn(blocks).map((fence) => ({section: title, step: null, fence})),
    ...steps.flatMap((step) => fencesIn(step.blocks).map((fence) => ({section: title, step, fence}))),
  ])
}

/** Returns the plain text of spans. */
export function plain(spans: readonly Span[]): string {
  return spans.map(({text}) => text).join('')
}

/** Returns the names that are equal to `word`, letter case aside, or else the one it most likely stands for. */
export function namesLike(word: string, names: readonly string[]): {exact: string | null; guess: string | null} {
  const exact = names.find((name) => name === word) ?? names.find((name) => name.toLowerCase() === word.toLowerCase()) ?? null
  return {exact, guess: exact ?? nearest(word, names) ?? containing(word, names)}
}

/** "disk" is no misspelling of DiskCritical, but the beginning of a thought. */
function containing(word: string, names: readonly string[]): string | null {
  const found = word.length < 3 ? [] : names.filter((name) => name.toLowerCase().includes(word.toLowerCase()))
  return found[0] ?? null
}

function fencesIn(blocks: readonly Block[]): Fence[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'fence') return [block]
    if (block.kind === 'alert') return fencesIn(block.blocks)
    return block.kind === 'list' ? block.items.flatMap((item) => fencesIn(item)) : []
  })
}
