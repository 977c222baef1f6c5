import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import type {Nodes} from 'mdast'
import {toString} from 'mdast-util-to-string'
import {parseMarkdown} from '../../src/lib/adapters/runbooks/markdown.ts'

export const root = path.resolve(import.meta.dirname, '../..')

const notOurs = new Set(['node_modules', 'dist', 'coverage'])

/** What a page of Markdown holds besides prose. */
export interface Page {
  /** Relative to the repository. */
  file: string
  links: string[]
  /** What links may lead to, as GitHub spells it. */
  anchors: Set<string>
  blocks: {language: string; text: string}[]
  /** Code within sentences. */
  spans: string[]
  /** Code in the first column of each table, one list a row. */
  keys: string[][]
}

/** Returns every Markdown page of the repository. */
export function markdownPages(): Page[] {
  return filesBelow('').map(readPage)
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(path.join(root, folder), {withFileTypes: true})
  return entries.flatMap((entry) => {
    const name = path.join(folder, entry.name)
    if (entry.isDirectory()) return notOurs.has(entry.name) || entry.name.startsWith('.') ? [] : filesBelow(name)
    return name.endsWith('.md') && !name.endsWith('.template.md') ? [name] : []
  })
}

/** Returns a page by its path, absolute or from the repository. */
export function readPage(file: string): Page {
  const page: Page = {file, links: [], anchors: new Set(), blocks: [], spans: [], keys: []}
  collect(parseMarkdown(readFileSync(path.resolve(root, file), 'utf8')), page)
  return page
}

function collect(node: Nodes, page: Page): void {
  if (node.type === 'link' || node.type === 'definition') page.links.push(node.url)
  if (node.type === 'heading') page.anchors.add(anchorOf(toString(node)))
  if (node.type === 'code') page.blocks.push({language: node.lang ?? '', text: node.value})
  if (node.type === 'inlineCode') page.spans.push(node.value)
  if (node.type === 'tableRow') page.keys.push(codeIn(node.children[0]))
  if ('children' in node) for (const child of node.children) collect(child, page)
}

function codeIn(node: Nodes | undefined): string[] {
  if (node === undefined) return []
  if (node.type === 'inlineCode') return [node.value]
  return 'children' in node ? node.children.flatMap(codeIn) : []
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

/** Returns the links of a page that lead nowhere within the repository. */
export function brokenLinks({file, links, anchors}: Page): string[] {
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [target = '', anchor] = link.split('#')
    const found = path.join(root, path.dirname(file), decodeURIComponent(target))
    if (!existsSync(found)) return true
    if (anchor === undefined) return false
    const there = target === '' ? anchors : readPage(path.relative(root, found)).anchors
    return !there.has(anchor)
  })
}
