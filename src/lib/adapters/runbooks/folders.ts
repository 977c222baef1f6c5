import {readFile} from 'node:fs/promises'
import type {Runbook} from '../../domain/runbook.ts'
import type {Runbooks} from '../../ports.ts'
import {parsePage} from './page.ts'
import {pageFiles, type PageFile, type PageFolders} from './page-files.ts'

/** Pages in folders of Markdown files: those of the project stand in for packaged ones of the same name. */
export class FolderRunbooks implements Runbooks {
  readonly #folders: PageFolders

  /** Absolute paths; either folder may be absent. */
  constructor(folders: PageFolders) {
    this.#folders = folders
  }

  async names(): Promise<string[]> {
    return (await pageFiles(this.#folders)).map(({name}) => name)
  }

  async all(): Promise<Runbook[]> {
    return Promise.all((await pageFiles(this.#folders)).map(readPage))
  }

  async find(name: string): Promise<Runbook | null> {
    const file = (await pageFiles(this.#folders)).find((page) => page.name === name)
    return file ? readPage(file) : null
  }
}

async function readPage(file: PageFile): Promise<Runbook> {
  return parsePage({...file, markdown: await readFile(file.file, 'utf8')})
}
