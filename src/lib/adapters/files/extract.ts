import {createHash} from 'node:crypto'
import {chmod, lchown, link, lstat, lutimes, mkdir, open, rm, symlink} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import type {ArchivedEntry, FileEntry} from '../../domain/file-archive.ts'
import {abortError, OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {explainAccess} from '../directory/access.ts'
import {readArchive} from './read.ts'

/** Long runs of zeros become holes, as they were when the file was sparse. */
const zeros = Buffer.alloc(64 * 1024)

export interface Extraction {
  /** An empty folder of its own: nothing else may write there. */
  root: string
  /** Only root can give files to others. */
  setsOwners: boolean
  signal: AbortSignal
}

/**
 * Unpacks an archive and returns its entries with the checksums of what was written. Throws `corrupt`, `refused`, `noSpace`. No link of the
 * archive is ever followed: links are made when everything else lies there.
 */
export async function extractArchive(archive: Bytes, {root, setsOwners, signal}: Extraction): Promise<ArchivedEntry[]> {
  const unpacking = new Unpacking(root, setsOwners)
  await readArchive(archive, async (entry, contents) => {
    if (signal.aborted) throw abortError(signal)
    await unpacking.add(entry, contents)
  })
  await unpacking.finish()
  return unpacking.entries
}

class Unpacking {
  readonly entries: ArchivedEntry[] = []
  readonly #root: string
  readonly #setsOwners: boolean
  /** What lies there, by path; later entries of a name replace earlier ones. */
  readonly #placed = new Map<string, FileEntry>()

  constructor(root: string, setsOwners: boolean) {
    this.#root = root
    this.#setsOwners = setsOwners
  }

  async add(entry: FileEntry, contents: Bytes): Promise<void> {
    await this.#makeParents(entry.path)
    await this.#clear(entry)
    const sha256 = await this.#place(entry, contents)
    this.#placed.set(entry.path, entry)
    this.entries.push({...entry, sha256})
  }

  /** Makes the links, then sets what writing into folders would have changed. */
  async finish(): Promise<void> {
    const placed = [...this.#placed.values()]
    for (const entry of placed.filter(({type}) => type === 'symlink')) {
      await this.#at(entry.path, async (path) => {
        await symlink(entry.target ?? '', path)
        await this.#setAttributes(path, entry)
      })
    }
    const folders = placed.filter(({type}) => type === 'folder').toReversed()
    for (const entry of folders) await this.#at(entry.path, (path) => this.#setAttributes(path, entry))
  }

  async #makeParents(path: string): Promise<void> {
    const parent = dirname(path)
    if (parent === '.' || this.#placed.get(parent)?.type === 'folder') return
    if (this.#placed.has(parent)) throw misplaced(path, parent)
    await this.#makeParents(parent)
    await this.#at(parent, (folder) => mkdir(folder, {mode: 0o700, recursive: true}))
  }

  async #clear({path, type}: FileEntry): Promise<void> {
    const earlier = this.#placed.get(path)
    if (!earlier) return
    if (type === 'folder' || earlier.type === 'folder') throw misplaced(path, path)
    await this.#at(path, (place) => rm(place, {force: true}))
  }

  async #place(entry: FileEntry, contents: Bytes): Promise<string | null> {
    const {path, type, target} = entry
    if (type === 'folder') await this.#at(path, (place) => mkdir(place, {mode: 0o700, recursive: true}))
    if (type === 'hardlink') await this.#link(path, target ?? '')
    return type === 'file' ? this.#at(path, (place) => this.#write(place, entry, contents)) : null
  }

  async #link(path: string, target: string): Promise<void> {
    if (this.#placed.get(target)?.type !== 'file') throw misplaced(path, target)
    await this.#at(path, (place) => link(join(this.#root, target), place))
  }

  async #write(place: string, entry: FileEntry, contents: Bytes): Promise<string> {
    const hash = createHash('sha256')
    // Exclusive, so that neither a link nor a file that is there is written through.
    await using file = await open(place, 'wx', 0o600)
    let position = 0
    for await (const chunk of contents) {
      hash.update(chunk)
      for (let offset = 0; offset < chunk.length; offset += zeros.length) {
        const block = chunk.subarray(offset, offset + zeros.length)
        if (!zeros.subarray(0, block.length).equals(block)) await writeAll(file, block, position + offset)
      }
      position += chunk.length
    }
    await file.truncate(position)
    await this.#setAttributes(place, entry)
    return hash.digest('hex')
  }

  async #setAttributes(place: string, {type, mode, userId, groupId, modifiedAt}: FileEntry): Promise<void> {
    // The owner first: changing it takes setuid away.
    if (this.#setsOwners) await lchown(place, userId, groupId)
    if (type !== 'symlink') await chmod(place, mode)
    // Node takes a negative number for now, but not a date before 1970.
    const time = modifiedAt < 0 ? new Date(modifiedAt) : modifiedAt / 1000
    await lutimes(place, time, time)
  }

  #at<T>(path: string, action: (place: string) => Promise<T>): Promise<T> {
    const place = join(this.#root, path)
    return explainAccess(place, () => action(place))
  }
}

async function writeAll(
  file: {write(chunk: Uint8Array, offset: number, length: number, position: number): Promise<{bytesWritten: number}>},
  block: Uint8Array,
  position: number,
): Promise<void> {
  for (let offset = 0; offset < block.length;) {
    const {bytesWritten} = await file.write(block, offset, block.length - offset, position + offset)
    offset += bytesWritten
  }
}

function misplaced(path: string, other: string): OperatorError {
  return new OperatorError('refused', `The archive puts ${JSON.stringify(path)} where ${JSON.stringify(other)} is something else.`, {
    hint: 'sparkone writes no such archive, so it was made or changed by something else; use another backup.',
  })
}

/** Returns what an entry is on the disk now. */
export async function statusOf(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as {code?: string}).code ?? '')) return null
    throw error
  }
}
