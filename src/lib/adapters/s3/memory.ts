import {appendFile, mkdir, readFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {replaceDurably} from '../directory/durable.ts'
import {entriesIn, linesOf, type KnownObject, type SeenObject} from './known-object.ts'

/**
 * Remembers what small objects hold, by name, ETag and size, in one file of lines: a manifest never changes, so it is fetched once. Losing the file
 * costs time and nothing else.
 */
export class ObjectMemory {
  readonly #path: string
  #entries: Promise<Map<string, KnownObject>> | null = null
  #lines = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Returns those of the objects that are known and have not changed. */
  async known(seen: readonly SeenObject[]): Promise<KnownObject[]> {
    const known = await this.#known()
    return seen.flatMap((object) => entryFor(object, known) ?? [])
  }

  /** Returns what an object holds, or null for one that is unknown or has changed. */
  async recall(object: SeenObject): Promise<{contents: unknown} | null> {
    const entry = entryFor(object, await this.#known())
    try {
      return entry ? {contents: JSON.parse(entry.json)} : null
    } catch {
      // A line that a dead run has cut; the object is still there.
      return null
    }
  }

  /** Remembers what was read or written just now. */
  async learn(entries: readonly KnownObject[]): Promise<void> {
    const known = await this.#known()
    for (const entry of entries) known.set(entry.name, entry)
    this.#lines += entries.length
    await this.#save(entries, known)
  }

  /** Forgets objects that are not among `present`. */
  async forgetAllBut(present: ReadonlySet<string>): Promise<void> {
    const known = await this.#known()
    for (const name of known.keys()) if (!present.has(name)) known.delete(name)
    await this.#save([], known)
  }

  /** Writes the whole file again only when the greater part of it is of no use any more. */
  async #save(entries: readonly KnownObject[], known: ReadonlyMap<string, KnownObject>): Promise<void> {
    const isCrowded = this.#lines > 2 * known.size + 100
    if (entries.length === 0 && !isCrowded) return
    try {
      await mkdir(dirname(this.#path), {recursive: true, mode: 0o700})
      if (!isCrowded) return await appendFile(this.#path, linesOf(entries), {mode: 0o600})
      await replaceDurably(this.#path, linesOf([...known.values()]))
      this.#lines = known.size
    } catch {
      // A full disk or a folder of another user: the next listing fetches again.
    }
  }

  #known(): Promise<Map<string, KnownObject>> {
    return (this.#entries ??= this.#load())
  }

  async #load(): Promise<Map<string, KnownObject>> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    const entries = entriesIn(text)
    this.#lines = entries.length
    return new Map(entries.map((entry) => [entry.name, entry]))
  }
}

function entryFor({name, etag, bytes}: SeenObject, known: ReadonlyMap<string, KnownObject>): KnownObject | null {
  const entry = known.get(name)
  return entry?.etag === etag && entry.bytes === bytes ? entry : null
}
