import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

interface Described {
  name: string
  version: string
  license?: string | {type: string}
  licenses?: {type: string}[]
  author?: string | {name: string}
}

/** Returns names, versions and licences of the packages that the modules at `paths` belong to, which go wherever these are passed on. Throws for one without a licence. */
export function noticesOf(paths: readonly string[]): string {
  const folders = new Set(paths.map(packageFolderOf).filter((folder) => folder !== null))
  const notices = new Set([...folders].map(noticeOf).toSorted((a, b) => (a < b ? -1 : 1)))
  return ['Packages that are part of these files, with their licences.\n', ...notices].join(`\n${'-'.repeat(80)}\n\n`)
}

function packageFolderOf(path: string): string | null {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? null
}

function noticeOf(folder: string): string {
  const {name, version, license, licenses, author} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Described
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice)\b/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  const licence = typeof license === 'object' ? license.type : (license ?? licenses?.[0]?.type)
  if (licence === undefined) throw new Error(`${name} names no licence, so it cannot be passed on.`)
  const holder = texts.length === 0 && author ? [`Copyright ${typeof author === 'object' ? author.name : author}`] : []
  return [`${name} ${version} (${licence})`, ...holder, ...texts, ''].join('\n\n')
}
