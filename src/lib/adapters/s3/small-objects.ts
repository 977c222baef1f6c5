import {unsealed, type Unsealed} from '../directory/sealed.ts'
import {Catalogue} from './catalogue.ts'
import type {KnownObject, SeenObject} from './known-object.ts'
import type {ObjectMemory} from './memory.ts'

/** Manifests, proofs and marks of a bucket: from memory, from the catalogue of the bucket, and fetched only where both are silent. */
export class SmallObjects {
  readonly #memory: ObjectMemory
  readonly #catalogue: Catalogue
  readonly #fetch: (name: string) => Promise<string>
  #fetched: KnownObject[] = []

  constructor({memory, catalogue, fetch}: {memory: ObjectMemory; catalogue: Catalogue; fetch(name: string): Promise<string>}) {
    this.#memory = memory
    this.#catalogue = catalogue
    this.#fetch = fetch
  }

  /** Asks the catalogue, where there is one, when much of what a listing shows is unknown. */
  async prepare(seen: readonly SeenObject[], hasCatalogue: boolean): Promise<void> {
    const known = await this.#memory.known(seen)
    if (!hasCatalogue || !Catalogue.isWorth(seen.length - known.length)) return
    const remembered = new Set(known.map(({name}) => name))
    const tags = new Map(seen.map(({name, etag}) => [name, etag]))
    const held = (await this.#catalogue.read()) ?? []
    await this.#memory.learn(held.filter(({name, etag}) => tags.get(name) === etag && !remembered.has(name)))
  }

  async read(object: SeenObject): Promise<Unsealed> {
    const remembered = await this.#memory.recall(object)
    if (remembered) return remembered
    const read = unsealed(await this.#fetch(object.name))
    // What is damaged is asked for again each time: it may have been the line.
    if ('contents' in read) this.#fetched.push(knownAs(object, read.contents))
    return read
  }

  /** Remembers what was fetched for a listing of all that is `present`. */
  async endListing(present: readonly SeenObject[]): Promise<void> {
    await this.#memory.learn(this.#fetched)
    this.#fetched = []
    await this.#memory.forgetAllBut(new Set(present.map(({name}) => name)))
  }

  /** Remembers what was stored just now. */
  async wrote({contents, ...object}: SeenObject & {contents: unknown}): Promise<void> {
    if (object.etag !== '') await this.#memory.learn([knownAs(object, contents)])
  }

  /** Stores a new catalogue where that of the bucket lacks much of what is known. */
  async updateCatalogue(seen: readonly SeenObject[], catalogueBytes: number | null): Promise<boolean> {
    return this.#catalogue.update(await this.#memory.known(seen), catalogueBytes)
  }
}

function knownAs({name, etag, bytes}: SeenObject, contents: unknown): KnownObject {
  return {name, etag, bytes, json: JSON.stringify(contents)}
}
