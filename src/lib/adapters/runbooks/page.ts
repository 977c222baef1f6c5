import GithubSlugger from 'github-slugger'
import type {Heading, RootContent} from 'mdast'
import {toString} from 'mdast-util-to-string'
import type {Runbook, Section, Step} from '../../domain/runbook.ts'
import {readFrontMatter} from './front-matter.ts'
import {parseMarkdown, toBlocks} from './markdown.ts'

export interface PageSource {
  name: string
  file: string
  origin: Runbook['origin']
  markdown: string
}

/** Returns the page that a Markdown file holds. Never fails: at 3 a.m. a page with a slip in it is better than none. */
export function parsePage({name, file, origin, markdown}: PageSource): Runbook {
  const {children} = parseMarkdown(markdown)
  const matter = children.find((node) => node.type === 'yaml')?.value ?? null
  const {facts, problems} = readFrontMatter(matter, name)
  const {heading, introduction, sections} = outline(children)
  return {...facts, name, file, origin, heading, introduction, sections, markdown, problems}
}

function outline(nodes: readonly RootContent[]): Pick<Runbook, 'heading' | 'introduction' | 'sections'> {
  const anchors = anchorsOf(nodes)
  const parts = partsAt(nodes, (depth) => depth <= 2)
  const title = parts.find(({heading}) => heading?.depth === 1)?.heading
  const sections = parts.filter(({heading}) => heading?.depth === 2).map((part) => toSection(part, anchors))
  const introduction = parts.filter(({heading}) => heading?.depth !== 2).flatMap(({content}) => toBlocks(content))
  return {heading: title ? toString(title) : '', introduction, sections}
}

type Anchors = ReadonlyMap<Heading, string>

/** GitHub counts equal headings through, so all of them are named in the order in which they stand. */
function anchorsOf(nodes: readonly RootContent[]): Anchors {
  const slugger = new GithubSlugger()
  return new Map(nodes.filter((node) => node.type === 'heading').map((heading) => [heading, slugger.slug(toString(heading))]))
}

function toSection({heading, content}: Part, anchors: Anchors): Section {
  const [own, ...steps] = partsAt(content, (depth) => depth === 3)
  return {...toStep({heading, content: own!.content}, anchors), steps: steps.map((step) => toStep(step, anchors))}
}

function toStep({heading, content}: Part, anchors: Anchors): Step {
  return {title: heading ? toString(heading) : '', anchor: heading ? anchors.get(heading)! : '', blocks: toBlocks(content)}
}

interface Part {
  heading: Heading | null
  content: RootContent[]
}

/** Cuts the nodes at each heading of the depth asked for; the first part is what stands before any of them. */
function partsAt(nodes: readonly RootContent[], isCut: (depth: number) => boolean): Part[] {
  const parts: Part[] = [{heading: null, content: []}]
  for (const node of nodes) {
    if (node.type === 'heading' && isCut(node.depth)) parts.push({heading: node, content: []})
    else parts.at(-1)!.content.push(node)
  }
  return parts
}
