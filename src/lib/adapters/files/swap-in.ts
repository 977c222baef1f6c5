import {chmod, lchown, lstat, mkdir, rename, rmdir} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {newestEntries, shownPath, type FileEntry} from '../../domain/file-archive.ts'
import {OperatorError} from '../../errors.ts'
import {explainAccess} from '../directory/access.ts'
import {statusOf} from './extract.ts'

export interface SwapIn {
  /** Where the new files lie, on the same file system. */
  staged: string
  /** Where they are to be. */
  folder: string
  /** Where what is in their way goes; null: nothing may be in the way. */
  kept: string | null
}

/** Puts staged files in place one by one, by renaming; what was there goes to `kept`. Throws, with everything put back as it was. */
export async function swapIn(entries: readonly FileEntry[], {staged, folder, kept}: SwapIn): Promise<{replaced: number}> {
  const swapping = new Swapping(staged, folder, kept)
  try {
    for (const entry of newestEntries(entries)) await swapping.put(entry)
    await swapping.finish()
    return {replaced: swapping.replaced}
  } catch (error) {
    await swapping.undo()
    throw error
  }
}

class Swapping {
  replaced = 0
  readonly #staged: string
  readonly #folder: string
  readonly #kept: string | null
  readonly #steps: ({from: string; to: string} | {made: string; like: string})[] = []

  constructor(staged: string, folder: string, kept: string | null) {
    this.#staged = staged
    this.#folder = folder
    this.#kept = kept
  }

  async put({path, type}: FileEntry): Promise<void> {
    const place = join(this.#folder, path)
    const there = await explainAccess(place, () => statusOf(place))
    const isFolder = type === 'folder'
    // A link to a folder is not taken for one: writing would go wherever it leads.
    if (isFolder && there?.isDirectory()) return
    if (there) await this.#putAside(path, place)
    if (!isFolder) return this.#move(join(this.#staged, path), place)
    await explainAccess(place, () => mkdir(place, {mode: 0o700}))
    this.#steps.push({made: place, like: join(this.#staged, path)})
  }

  /** Gives the folders that were made what writing into them would have changed. */
  async finish(): Promise<void> {
    for (const step of this.#steps.toReversed()) {
      if (!('made' in step)) continue
      const {mode, uid, gid} = await lstat(step.like)
      if (process.getuid?.() === 0) await lchown(step.made, uid, gid)
      await chmod(step.made, mode & 0o7777)
    }
  }

  /** Puts everything back, the last step first. */
  async undo(): Promise<void> {
    for (const step of this.#steps.toReversed()) {
      if ('made' in step) await rmdir(step.made)
      else await rename(step.to, step.from)
    }
  }

  async #putAside(path: string, place: string): Promise<void> {
    if (this.#kept === null) {
      throw new OperatorError('refused', `${shownPath(path)} is there already.`, {
        hint: 'Restore into another folder with --into, or say --overwrite: what is there is kept aside.',
      })
    }
    const aside = join(this.#kept, path)
    await explainAccess(aside, () => mkdir(dirname(aside), {recursive: true, mode: 0o700}))
    await this.#move(place, aside)
    this.replaced += 1
  }

  async #move(from: string, to: string): Promise<void> {
    await explainAccess(to, () => rename(from, to))
    this.#steps.push({from, to})
  }
}
