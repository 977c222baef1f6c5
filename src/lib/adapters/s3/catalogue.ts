import {promisify} from 'node:util'
import {constants, zstdCompress, zstdDecompress} from 'node:zlib'
import {OperatorError} from '../../errors.ts'
import type {ObjectBucket} from './bucket.ts'
import {entriesIn, linesOf, type KnownObject} from './known-object.ts'
import {readObject, type Source} from './reading.ts'

/** Lies beside the sets. The number goes up when its form changes, so that versions do not fight over it. */
export const catalogueName = 'catalogue-1.jsonl.zst'
/** Fewer small objects are fetched as fast as a catalogue is; a set has two or three. */
const fewObjects = 40
/** Each time it is written, a bucket with Object Lock keeps the old one for as long as a set: so it is written when this part of it is out of date. */
const staleShare = 0.02
/** Memory that somebody else's file can make us use at most. */
const longestText = 512 * 1024 * 1024

/**
 * What the small objects of a bucket hold, in one object, so that a first listing need not fetch each. It is believed only where name, ETag and size are
 * those of the listing, and never for reading a backup.
 */
export class Catalogue {
  readonly #bucket: ObjectBucket
  readonly #source: Source

  constructor(bucket: ObjectBucket, source: Source) {
    this.#bucket = bucket
    this.#source = source
  }

  /** Whether so many objects are worth a catalogue. */
  static isWorth(objects: number): boolean {
    return objects > fewObjects
  }

  /** Returns what it holds, or null where it may not or cannot be read; one that is damaged holds nothing. */
  async read(): Promise<KnownObject[] | null> {
    try {
      const chunks: Uint8Array[] = []
      for await (const chunk of readObject(this.#source)) chunks.push(chunk)
      const text = await promisify(zstdDecompress)(Buffer.concat(chunks), {maxOutputLength: longestText})
      return entriesIn(text.toString())
    } catch (error) {
      if (this.#source.connection.signal.aborted) throw error
      // Each object can still be fetched by itself, and whoever writes the next one puts a damaged one right.
      return error instanceof OperatorError ? null : []
    }
  }

  /** Stores what is known, where the catalogue of `bytes` bytes (null: none) lacks much of it. Returns whether it was stored. */
  async update(known: readonly KnownObject[], bytes: number | null): Promise<boolean> {
    const held = bytes === null ? [] : await this.read()
    if (held !== null && !Catalogue.isWorth(outdated(held, known))) return false
    if (held !== null && outdated(held, known) < staleShare * known.length) return false
    const text = Buffer.from(linesOf(known.toSorted((one, other) => (one.name < other.name ? -1 : 1))))
    const body = await promisify(zstdCompress)(text, {params: {[constants.ZSTD_c_checksumFlag]: 1}})
    // With keys that may not read it, the larger one knows more.
    if (held === null && body.length <= (1 + staleShare) * (bytes ?? 0)) return false
    await this.#bucket.put(this.#source.key, body)
    return true
  }
}

/** Returns the number of objects that a catalogue lacks, or holds in vain. */
function outdated(held: readonly KnownObject[], known: readonly KnownObject[]): number {
  const tags = new Map(held.map(({name, etag}) => [name, etag]))
  const right = known.filter(({name, etag}) => tags.get(name) === etag).length
  return known.length - right + (held.length - right)
}
