import type {Block, Fence, Span} from '../domain/runbook.ts'
import {table, wrap} from './table.ts'
import type {Theme} from './theme.ts'

export interface Page {
  width: number
  paint: Theme
}

/** How a person runs what cannot be pasted into a shell. */
const places: Readonly<Record<string, string>> = {
  sql: `in docker compose exec postgres sh -c 'psql -U "$POSTGRES_USER" "$POSTGRES_DB"'`,
  promql: 'in Grafana, Explore, or with promtool query instant',
}

/** Returns blocks as lines no wider than the page, save commands, which are never broken. */
export function blockLines(blocks: readonly Block[], page: Page): string[] {
  return blocks.flatMap((block, index) => [...(index === 0 ? [] : ['']), ...linesOf(block, page)])
}

function linesOf(block: Block, page: Page): string[] {
  if (block.kind === 'text') return textLines(block.spans, page)
  if (block.kind === 'fence') return fenceLines(block, page)
  if (block.kind === 'table') return tableLines(block, page)
  if (block.kind === 'list') return listLines(block, page)
  const [tone, inner] = [block.tone === 'CAUTION' ? 'critical' : 'warning', blockLines(block.blocks, narrower(page, 2))] as const
  return [page.paint.status(tone, block.tone), ...inner.map((line) => `  ${line}`)]
}

function textLines(spans: readonly Span[], {width, paint}: Page): string[] {
  const isStrong = spans.length === 1 && spans[0]!.style === 'strong'
  const lines = wrap(shown(spans), width).map((line) => line.replaceAll(unbroken, ' '))
  return isStrong ? lines.map((line) => paint.heading(line)) : lines
}

/** Stands for a space that no line may end at. */
const unbroken = '\u00a0'

/** Code keeps its back-ticks, so that one sees where a command begins and ends without colour, and stays on one line. */
function shown(spans: readonly Span[]): string {
  return spans.map((span) => (span.style === 'code' ? `\`${span.text.replaceAll(' ', unbroken)}\`` : linked(span))).join('')
}

/** The name of a page can be typed; an address cannot be clicked, so it is written out; an anchor is the heading itself. */
function linked({text, target}: Span): string {
  if (target === undefined || target.startsWith('#') || target === text) return text
  const page = /^(?:\.\/)?([\w-]+)\.md(?:#.*)?$/.exec(target)?.[1]
  if (page !== undefined) return page === text ? text : `${text} (sparkone runbook show ${page})`
  return `${text} (${target})`
}

function fenceLines({language, text, attributes}: Fence, {paint}: Page): string[] {
  const {kind, service} = attributes
  const marks = [kind, service && language === 'sh' ? `in ${service}` : undefined, places[language]].filter((mark) => mark !== undefined)
  return [...(marks.length === 0 ? [] : [paint.dim(`# ${marks.join(' · ')}`)]), ...text.split('\n').map((line) => `  ${paint.hint(line)}`)]
}

function tableLines({head, rows}: Extract<Block, {kind: 'table'}>, {width, paint}: Page): string[] {
  const cells = rows.map((row) => row.map((cell) => shown(cell)))
  const text = table(cells, {columns: width, head: head.map((cell) => shown(cell)), paintHead: paint.heading})
  return text.replaceAll(unbroken, ' ').split('\n')
}

function listLines({ordered, items}: Extract<Block, {kind: 'list'}>, page: Page): string[] {
  return items.flatMap((item, index) => {
    const mark = ordered ? `${index + 1}. ` : '- '
    return blockLines(item, narrower(page, mark.length)).map((line, at) => (at === 0 ? mark : ' '.repeat(mark.length)) + line)
  })
}

function narrower({width, paint}: Page, by: number): Page {
  return {width: width - by, paint}
}
