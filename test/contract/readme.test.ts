import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Parser, type Command} from '@oclif/core'
import {describe, expect, test} from 'vitest'
import type {z} from 'zod'
import {manifestSchema, marksSchema, proofSchema} from '../../src/lib/adapters/directory/schemas.ts'
import {brokenLinks, markdownPages, readPage, root, type Page} from '../support/markdown.ts'

type Declared = Pick<typeof Command, 'flags' | 'baseFlags' | 'args'>

const pages = markdownPages()
const readme = readPage('README.md')
/** Pages that tell an operator or a developer what to type. */
const handbooks = pages.filter(({file}) => /^(?:README|CONTRIBUTING|CHANGELOG)\.md$|^docs\//.test(file))
const {scripts} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {scripts: Record<string, string>}

/** The lines of a page that a shell would run, in blocks and within sentences. */
const shellLines = ({blocks, spans}: Page) => [
  ...blocks.filter(({language}) => ['sh', 'cron'].includes(language)).flatMap(({text}) => text.split('\n')),
  ...spans,
]

/** Every `sparkone …` in such a line, without what a shell makes of the rest. */
const callsIn = (line: string) =>
  [...line.matchAll(/(?:^|[\s/])(?:sparkone|bin\/(?:dev|run)\.js)(?= |$)([^&|;#]*)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/).filter(Boolean),
  )

/** The command that words begin with: the file of its class and the words left over; null when there is none. */
function commandOf(words: readonly string[]): {file: string; rest: readonly string[]} | null {
  for (const length of [2, 1]) {
    const file = path.join(root, 'src/commands', `${words.slice(0, length).join('/')}.ts`)
    if (words.length >= length && existsSync(file)) return {file, rest: words.slice(length)}
  }
  return null
}

async function complaintAbout(words: readonly string[]): Promise<string | null> {
  if (words.length === 0 || ['--help', '--version'].includes(words[0]!)) return null
  const command = commandOf(words)
  if (command === null) return `there is no command ${words[0]}`
  // A sentence may name a command without calling it.
  if (command.rest.length === 0) return null
  const {default: declared} = (await import(command.file)) as {default: Declared}
  const {flags, baseFlags, args} = declared
  const given = command.rest.filter((word) => word !== '--help' && word !== '…')
  return Parser.parse(given, {flags: {...baseFlags, ...flags}, args, strict: true}).then(
    () => null,
    (error: Error) => error.message,
  )
}

test('the README begins with two commands, and package.json has what they are said to do', () => {
  const [first, second] = readme.blocks
  expect([first?.text, second?.text]).toEqual(['npm start', 'npm test'])
  expect(scripts.start).toBe('node scripts/setup.mjs && node bin/run.js demo')
  expect(scripts.test).toBe('node scripts/setup.mjs && node scripts/test.mjs')
})

test('the README shows a screen of health that ends with a verdict and names the way out of its problem', () => {
  const screen = readme.blocks.find(({language}) => language === 'text')!.text
  expect(screen).toMatch(/^CRITICAL {2}/)
  expect(screen).toMatch(/^ +→ sparkone restore /m)
  expect(screen.split('\n').at(-1)).toMatch(/^CRITICAL {2}\S+ production: \d+ critical, .*\d+ OK, in [\d.]+ m?s$/)
})

describe.each(handbooks.map((page) => [page.file, page] as const))('%s', (file, page) => {
  // The worked example is a command that does not exist yet.
  const isExample = (words: readonly string[]) => file === 'docs/architecture.md' && words[0] === 'sessions'

  test('names only commands and flags that sparkone has', async () => {
    const calls = shellLines(page).flatMap(callsIn)
    const wrong: string[] = []
    for (const words of calls.filter((each) => !isExample(each))) {
      const complaint = await complaintAbout(words)
      if (complaint !== null) wrong.push(`sparkone ${words.join(' ')}: ${complaint}`)
    }
    expect(wrong).toEqual([])
  })

  test('names only scripts of npm that package.json has', () => {
    const named = shellLines(page).flatMap((line) => [...line.matchAll(/\bnpm run (\S+)/g)].map(([, name]) => name!))
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

test.each(pages.map((page) => [page.file, page] as const))('every link of %s leads somewhere', (_, page) => {
  expect(brokenLinks(page)).toEqual([])
})

test('the README leads to every page of docs', () => {
  const named = new Set(readme.links.map((link) => path.normalize(link)))
  const there = readdirSync(path.join(root, 'docs')).map((name) => path.join('docs', name))
  expect(there.filter((name) => !named.has(name))).toEqual([])
})

test('every source file that the documents name exists', () => {
  const roots = ['', 'src', 'src/lib', 'src/lib/output', 'test/integration/runtime']
  const named = handbooks
    .filter(({file}) => file !== 'CHANGELOG.md')
    .flatMap(({spans}) => spans.filter((span) => /^[\w./-]+\.(?:ts|js|mjs)$/.test(span) && span.includes('/')))
  const missing = named.filter((name) => !name.includes('sessions') && !roots.some((folder) => existsSync(path.join(root, folder, name))))
  expect(missing).toEqual([])
})

test('docs/json.md leads to the schema of every document', () => {
  const there = readdirSync(path.join(root, 'schemas')).filter((name) => name !== 'sparkone.schema.json')
  const named = readPage('docs/json.md').links.map((link) => path.basename(link))
  expect(there.filter((name) => !named.includes(name))).toEqual([])
})

test('docs/backup-sets.md tells of every key of manifest, proof and marks, and of no other', () => {
  const page = readPage('docs/backup-sets.md')
  const keysOf = (schema: z.ZodType) => [...Object.keys((schema as z.ZodObject).shape), 'checksum']
  const expected = [manifestSchema, proofSchema, marksSchema].flatMap(keysOf).toSorted()
  expect(page.keys.flat().toSorted()).toEqual(expected)
})

test('decisions are numbered without gaps, and each says context, decision and consequences', () => {
  const names = readdirSync(path.join(root, 'docs/decisions')).toSorted()
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1))
  for (const name of names) {
    const {anchors} = readPage(`docs/decisions/${name}`)
    expect([name, ...[...anchors].slice(1)]).toEqual([name, 'context', 'decision', 'consequences'])
  }
})
