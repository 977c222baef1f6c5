import {lstat, readdir, rm} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {OperatorError} from '../errors.ts'
import type {ReleaseFiles, ReleaseFolder} from '../ports/release-files.ts'
import {checkoutPrefix} from './compose/release/git-checkout.ts'
import {explainAccess} from './directory/access.ts'

/** The folders of our own user below the one for temporary files. */
export class LocalReleaseFiles implements ReleaseFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async folders(): Promise<ReleaseFolder[]> {
    const names = await readdir(this.#folder)
    const found = await Promise.all(
      names.filter((name) => name.startsWith(checkoutPrefix)).map((name) => describe(join(this.#folder, name))),
    )
    return found.filter((folder) => folder !== null)
  }

  async remove(path: string): Promise<void> {
    if (dirname(path) !== this.#folder || !basename(path).startsWith(checkoutPrefix)) {
      throw new OperatorError('bug', `${path} is no folder of a deployment.`)
    }
    await explainAccess(path, () => rm(path, {recursive: true, force: true}))
  }
}

/** Anybody may make a link or a folder of that name in a folder for all. */
async function describe(path: string): Promise<ReleaseFolder | null> {
  const {uid, mtime, isFolder} = await look(path)
  if (!isFolder || uid !== process.getuid?.()) return null
  return {path, bytes: await bytesBelow(path), changedAt: mtime}
}

async function look(path: string) {
  try {
    const stats = await lstat(path)
    return {uid: stats.uid, mtime: stats.mtime, isFolder: stats.isDirectory()}
  } catch {
    // Gone while it was looked at, so there is nothing to remove.
    return {uid: -1, mtime: new Date(0), isFolder: false}
  }
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, {recursive: true, withFileTypes: true})) {
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}
