import {readdir, readFile, realpath} from 'node:fs/promises'
import path from 'node:path'
import type {Runbook} from '../../domain/runbook.ts'
import type {Runbooks} from '../../ports.ts'
import {parsePage, type PageSource} from './page.ts'

/** Pages in folders of Markdown files: those of the project stand in for packaged ones of the same name. */
export class FolderRunbooks implements Runbooks {
  readonly #packaged: string
  readonly #project: string

  /** Absolute paths; either folder may be absent. */
  constructor(folders: {packaged: string; project: string}) {
    this.#packaged = folders.packaged
    this.#project = folders.project
  }

  async names(): Promise<string[]> {
    return [...(await this.#files()).keys()]
  }

  async all(): Promise<Runbook[]> {
    return Promise.all([...(await this.#files()).values()].map(readPage))
  }

  async find(name: string): Promise<Runbook | null> {
    const source = (await this.#files()).get(name)
    return source ? readPage(source) : null
  }

  /** Sorted by name, whatever their letter case. */
  async #files(): Promise<Map<string, Source>> {
    const [packaged, project] = await Promise.all([existing(this.#packaged), existing(this.#project)])
    const sources = [
      ...(await pagesIn(packaged, 'packaged')),
      // In sparkone's own repository both are the same folder.
      ...(project === packaged ? [] : await pagesIn(project, 'project')),
    ]
    const byName = new Map(sources.map((source) => [source.name, source]))
    return new Map([...byName].toSorted(([a], [b]) => a.localeCompare(b, 'en')))
  }
}

type Source = Omit<PageSource, 'markdown'>

async function existing(folder: string): Promise<string | null> {
  try {
    return await realpath(folder)
  } catch {
    // A project without pages of its own is the usual case.
    return null
  }
}

async function pagesIn(folder: string | null, origin: Runbook['origin']): Promise<Source[]> {
  if (folder === null) return []
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return names.map((file) => ({name: file.slice(0, -'.md'.length), file: path.join(folder, file), origin}))
}

async function readPage(source: Source): Promise<Runbook> {
  return parsePage({...source, markdown: await readFile(source.file, 'utf8')})
}
