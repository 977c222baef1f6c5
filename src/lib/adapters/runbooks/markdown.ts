import type {Blockquote, Code, List, PhrasingContent, Root, RootContent, Table} from 'mdast'
import {fromMarkdown} from 'mdast-util-from-markdown'
import {frontmatterFromMarkdown} from 'mdast-util-frontmatter'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {toString} from 'mdast-util-to-string'
import {frontmatter} from 'micromark-extension-frontmatter'
import {gfm} from 'micromark-extension-gfm'
import type {Block, Fence, Span} from '../../domain/runbook.ts'

/** Returns the syntax tree of GitHub's Markdown with front matter. */
export function parseMarkdown(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfm(), frontmatter('yaml')],
    mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown('yaml')],
  })
}

/** Returns the blocks of a page; what a page has no use for, such as HTML, is left out. */
export function toBlocks(nodes: readonly RootContent[]): Block[] {
  return nodes.flatMap((node): Block[] => {
    if (node.type === 'paragraph') return [{kind: 'text', spans: toSpans(node.children)}]
    if (node.type === 'heading') return [{kind: 'text', spans: [{text: toString(node), style: 'strong'}]}]
    if (node.type === 'code') return [toFence(node)]
    if (node.type === 'list') return [toList(node)]
    if (node.type === 'table') return [toTable(node)]
    return node.type === 'blockquote' ? [toAlert(node)] : []
  })
}

function toFence({lang, meta, value, position}: Code): Fence {
  return {kind: 'fence', language: lang ?? '', attributes: attributesOf(meta ?? ''), text: value, line: position?.start.line ?? 0}
}

/** `{name=disk kind=measure}` as Runme writes it; a value with spaces stands in double quotes. */
function attributesOf(meta: string): Record<string, string> {
  const pairs = [...meta.matchAll(/([A-Za-z][\w-]*)=("[^"]*"|[^\s{}]+)/g)]
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, value!.replace(/^"(.*)"$/, '$1')]))
}

function toList({ordered, children}: List): Block {
  return {kind: 'list', ordered: ordered ?? false, items: children.map((item) => toBlocks(item.children))}
}

function toTable({children: [head, ...rows]}: Table): Block {
  const cells = (row: Table['children'][number] | undefined) => (row?.children ?? []).map((cell) => toSpans(cell.children))
  return {kind: 'table', head: cells(head), rows: rows.map((row) => cells(row))}
}

/** GitHub makes an alert of a quotation that begins with `[!CAUTION]`; any other one is shown as a note. */
function toAlert({children}: Blockquote): Block {
  const blocks = toBlocks(children)
  const [first, ...rest] = blocks
  const spans = first?.kind === 'text' ? first.spans : []
  const marker = /^\[!([A-Z]+)\]\s*/.exec(spans[0]?.text ?? '')
  if (!marker) return {kind: 'alert', tone: 'NOTE', blocks}
  const kept = spans.map((span, index) => (index === 0 ? {...span, text: span.text.slice(marker[0].length)} : span))
  return {kind: 'alert', tone: marker[1]!, blocks: [{kind: 'text', spans: kept}, ...rest]}
}

function toSpans(nodes: readonly PhrasingContent[], style: Span['style'] = 'plain'): Span[] {
  return nodes.flatMap((node): Span[] => {
    if (node.type === 'text') return [{text: node.value.replaceAll('\n', ' '), style}]
    if (node.type === 'inlineCode') return [{text: node.value, style: 'code'}]
    if (node.type === 'strong' || node.type === 'emphasis') return toSpans(node.children, node.type)
    if (node.type === 'link') return toSpans(node.children, style).map((span) => ({...span, target: node.url}))
    return node.type === 'break' ? [{text: ' ', style}] : []
  })
}
