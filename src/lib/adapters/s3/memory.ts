import {appendFile, mkdir, readFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {replaceDurably} from '../directory/durable.ts'

interface Entry {
  key: string
  etag: string
  value: unknown
}

/**
 * Remembers what small objects hold, by name and ETag, in one file of lines: a manifest never changes, so it is fetched once. Losing the file
 * costs time and nothing else.
 */
export class ObjectMemory {
  readonly #path: string
  #entries: Promise<Map<string, Entry>> | null = null
  #lines = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Returns what is known of each object, or undefined for one that is unknown or has changed. */
  async recall(key: string, etag: string): Promise<unknown> {
    const entry = (await this.#known()).get(key)
    return entry?.etag === etag ? entry.value : undefined
  }

  /** Remembers new entries, and forgets objects that are not among `present`, once they are the greater part. */
  async remember(entries: readonly Entry[], present: ReadonlySet<string>): Promise<void> {
    const known = await this.#known()
    for (const entry of entries) known.set(entry.key, entry)
    for (const key of known.keys()) if (!present.has(key)) known.delete(key)
    this.#lines += entries.length
    if (entries.length === 0 && this.#lines <= 2 * known.size + 100) return
    try {
      await this.#write(entries, known)
    } catch {
      // A full disk or a folder of another user: the next listing fetches again.
    }
  }

  async #write(entries: readonly Entry[], known: ReadonlyMap<string, Entry>): Promise<void> {
    await mkdir(dirname(this.#path), {recursive: true, mode: 0o700})
    if (this.#lines <= 2 * known.size + 100) {
      await appendFile(this.#path, linesOf(entries), {mode: 0o600})
      return
    }
    await replaceDurably(this.#path, linesOf([...known.values()]))
    this.#lines = known.size
  }

  #known(): Promise<Map<string, Entry>> {
    return (this.#entries ??= this.#load())
  }

  async #load(): Promise<Map<string, Entry>> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    const entries = text.split('\n').flatMap((line): Entry[] => entryIn(line))
    this.#lines = entries.length
    return new Map(entries.map((entry) => [entry.key, entry]))
  }
}

function linesOf(entries: readonly Entry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
}

function entryIn(line: string): Entry[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as Entry]
  } catch {
    // Cut by a run that died; what it stood for is fetched again.
    return []
  }
}
