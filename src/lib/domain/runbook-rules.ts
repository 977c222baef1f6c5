import {conditionProblem, isCondition} from './runbook-condition.ts'
import {fencesOf, plain, sectionTitles, stepKinds, type Block, type Fence, type Runbook, type Span, type Step} from './runbook.ts'

/** Languages of commands that a step runs; a fence in another one is an example. */
const languages = ['sh', 'sparkone', 'promql', 'sql', 'http']

/** Queries only look, whatever the database or Prometheus would let them do. */
const lookingLanguages = new Set(['promql', 'sql'])

type StepKind = (typeof stepKinds)[number]

const changing: ReadonlySet<string> = new Set<StepKind>(['act', 'destroy'])

/** Returns everything in which a page departs from the form, each as one line; none at all means that it is right. */
export function runbookProblems(page: Runbook): string[] {
  const commands = fencesOf(page).filter(({fence}) => isCommand(fence))
  const known = new Set(commands.flatMap(({fence}) => capturesOf(fence)))
  return [
    ...page.problems,
    ...outlineProblems(page),
    ...commands.flatMap((each) =>
      [...commandProblems(each.fence), ...placeProblems(each)].map((problem) => `line ${each.fence.line}: ${problem}`),
    ),
    ...repeated(commands.map(({fence}) => fence.attributes.name ?? '')).map((name) => `two steps are named ${name}`),
    ...stepsOf(page).flatMap((step) => stepProblems(step, known).map((problem) => `${step.title}: ${problem}`)),
    ...anchorProblems(page),
  ]
}

/** Returns the links of a page, in order. */
export function linksOf({introduction, sections}: Runbook): string[] {
  const blocks = [...introduction, ...sections.flatMap((section) => [section, ...section.steps].flatMap(({blocks: inner}) => inner))]
  return spansOf(blocks).flatMap(({target}) => target ?? [])
}

/** Returns whether somebody is meant to run, or do, what stands in the fence. */
export function isCommand({language, attributes}: Fence): boolean {
  return languages.includes(language) || attributes.kind !== undefined
}

function outlineProblems({title, heading, sections}: Runbook): string[] {
  const titles = sections.map((section) => section.title)
  const wanted = sectionTitles.join(', ')
  return [
    ...(heading === title ? [] : [`the heading is "${heading}" and the title "${title}"`]),
    ...(titles.join(', ') === wanted ? [] : [`the sections are ${titles.join(', ')} instead of ${wanted}`]),
    ...sections.filter(({blocks, steps}) => blocks.length + steps.length === 0).map((section) => `${section.title} is empty`),
  ]
}

function commandProblems({language, attributes: {name, kind, timeout, excludeFromRunAll}}: Fence): string[] {
  const isManual = kind === 'manual'
  const problems = [
    [name === undefined || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name), 'name is missing or not of the form lower-case-words'],
    [kind === undefined || !stepKinds.some((known) => known === kind), `kind is ${kind ?? 'missing'}`],
    [timeout === undefined || !/^\d+(s|m|h)$/.test(timeout), 'timeout is missing or no duration'],
    [isManual !== (language === 'text'), 'what a person does stands in a fence of language text, and nothing else does'],
    [changing.has(kind ?? '') !== (excludeFromRunAll === 'true'), 'excludeFromRunAll=true belongs to act and destroy, and only there'],
    [lookingLanguages.has(language) && (changing.has(kind ?? '') || isManual), `${language} only looks`],
  ] as const
  return problems.flatMap(([wrong, problem]) => (wrong ? [problem] : []))
}

function placeProblems({step, fence}: {step: Step | null; fence: Fence}): string[] {
  if (step === null) return ['a command stands in a step, under a heading of its own']
  if (fence.attributes.kind !== 'destroy') return []
  const warned = step.blocks.some((block) => block.kind === 'alert' && block.tone === 'CAUTION' && /\bLost: /.test(textOf(block.blocks)))
  return warned ? [] : ['what is destroyed is named by a CAUTION before it: "Lost: …"']
}

function stepProblems(step: Step, known: ReadonlySet<string>): string[] {
  return step.blocks.flatMap((block, index) => {
    if (block.kind === 'table') return tableProblems(block, known)
    if (block.kind !== 'fence' || !isCommand(block)) return []
    return noteProblems(step.blocks[index + 1], known)
  })
}

/** After each command: what is expected of it, and where to go when it does not come true. */
function noteProblems(block: Block | undefined, known: ReadonlySet<string>): string[] {
  const items = block?.kind === 'list' ? block.items.map((item) => spansOf(item)) : []
  const [expect = [], failure = []] = items
  const [label, condition] = expect
  return [
    ...(label?.text === 'Expect: ' && condition?.style === 'code'
      ? conditionProblem(condition.text, known)
      : ['"- Expect: `…`" follows a command']),
    ...(plain(failure).startsWith('On failure: ') ? [] : ['"- On failure: …" follows what is expected']),
  ]
}

function tableProblems({head, rows}: Extract<Block, {kind: 'table'}>, known: ReadonlySet<string>): string[] {
  if (head.map((cell) => plain(cell)).join('|') !== 'If|Then') return []
  const conditions = rows.map(([cell = []]) => plain(cell))
  return [
    ...(conditions.at(-1) === 'otherwise' ? [] : ['the last row of a decision is "otherwise"']),
    ...conditions.slice(0, -1).flatMap((text) => conditionProblem(text, known)),
    ...conditions
      .slice(0, -1)
      .filter((text) => !isCondition(text))
      .map((text) => `"${text}" decides nothing`),
  ]
}

function anchorProblems(page: Runbook): string[] {
  const anchors = new Set(page.sections.flatMap((section) => [section, ...section.steps]).map(({anchor}) => `#${anchor}`))
  return linksOf(page).flatMap((target) => (target.startsWith('#') && !anchors.has(target) ? [`${target} leads nowhere`] : []))
}

/** `capture=up:number,component:label` gives the names up and component. */
function capturesOf({attributes: {capture}}: Fence): string[] {
  return (capture ?? '').split(',').flatMap((each) => each.split(':')[0] || [])
}

function stepsOf({sections}: Runbook): readonly Step[] {
  return sections.flatMap(({steps}) => steps)
}

function spansOf(blocks: readonly Block[]): Span[] {
  return blocks.flatMap((block): readonly Span[] => {
    if (block.kind === 'text') return block.spans
    if (block.kind === 'list') return block.items.flatMap((item) => spansOf(item))
    if (block.kind === 'table') return [block.head, ...block.rows].flat(2)
    return block.kind === 'alert' ? spansOf(block.blocks) : []
  })
}

function textOf(blocks: readonly Block[]): string {
  return plain(spansOf(blocks))
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}
