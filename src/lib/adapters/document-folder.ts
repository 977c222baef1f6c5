import {mkdir, readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {z} from 'zod'
import {explainAccess} from './directory/access.ts'
import {replaceDurably} from './directory/durable.ts'

/** Documents of one kind in a folder, a file of JSON each. */
export class DocumentFolder<Document> {
  readonly #folder: string
  readonly #schema: z.ZodType<Document>

  constructor(folder: string, schema: z.ZodType<Document>) {
    this.#folder = folder
    this.#schema = schema
  }

  /** Puts a document in place on stable storage and returns its path. Throws `noSpace` or `denied`. */
  async save(name: string, document: Document): Promise<string> {
    const path = join(this.#folder, `${name}.json`)
    await explainAccess(this.#folder, () => mkdir(this.#folder, {recursive: true, mode: 0o700}))
    await replaceDurably(path, `${JSON.stringify(document, null, 2)}\n`)
    return path
  }

  /** Returns the documents, the last by name first; one that is damaged says nothing and is left out. Throws `denied`. */
  async *all(): AsyncGenerator<Document> {
    const names = await explainAccess(this.#folder, () => this.#names())
    for (const name of names.toSorted().toReversed()) {
      const text = await explainAccess(this.#folder, () => readFile(join(this.#folder, name), 'utf8'))
      const document = this.#schema.safeParse(parsed(text))
      if (document.success) yield document.data
    }
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith('.json'))
    } catch (error) {
      if ((error as {code?: string}).code === 'ENOENT') return []
      throw error
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No document is null, so what is damaged fits no schema.
    return null
  }
}
