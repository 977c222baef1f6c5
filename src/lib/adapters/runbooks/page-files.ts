import {readdir, realpath} from 'node:fs/promises'
import path from 'node:path'
import type {PageSource} from './page.ts'

/** A page before it is read. */
export type PageFile = Omit<PageSource, 'markdown'>

/** Folders of pages; either may be absent. */
export interface PageFolders {
  packaged: string
  project: string
}

/** Returns the pages of both folders, sorted by name whatever their letter case: one of the project stands in for a packaged one of the same name. */
export async function pageFiles(folders: PageFolders): Promise<PageFile[]> {
  const [packaged, project] = await Promise.all([existing(folders.packaged), existing(folders.project)])
  const files = [
    ...(await pagesIn(packaged, 'packaged')),
    // In sparkone's own repository both are the same folder.
    ...(project === packaged ? [] : await pagesIn(project, 'project')),
  ]
  const byName = new Map(files.map((file) => [file.name, file]))
  return [...byName.values()].toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
}

async function existing(folder: string): Promise<string | null> {
  try {
    return await realpath(folder)
  } catch {
    // A project without pages of its own is the usual case.
    return null
  }
}

async function pagesIn(folder: string | null, origin: PageFile['origin']): Promise<PageFile[]> {
  if (folder === null) return []
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return names.map((file) => ({name: file.slice(0, -'.md'.length), file: path.join(folder, file), origin}))
}
