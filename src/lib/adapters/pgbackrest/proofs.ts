import {mkdir, readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {Proof} from '../../domain/backup-set.ts'
import {explainAccess} from '../directory/access.ts'
import {replaceDurably} from '../directory/durable.ts'
import {proofSchema} from '../directory/schemas.ts'

/** Proofs of backups that lie in a repository which is not ours to write to: a file each in the state folder, named by the label. */
export class PhysicalProofs {
  readonly #folder: string

  constructor(stateFolder: string, owner: string, stanza: string) {
    this.#folder = join(stateFolder, 'physical', encodeURIComponent(owner), encodeURIComponent(stanza))
  }

  async all(): Promise<Map<string, Proof>> {
    const proofs = new Map<string, Proof>()
    for (const name of (await explainAccess(this.#folder, () => this.#names())).filter((each) => each.endsWith('.json'))) {
      const text = await explainAccess(this.#folder, () => readFile(join(this.#folder, name), 'utf8'))
      const proof = proofSchema.safeParse(parsed(text))
      if (proof.success) proofs.set(proof.data.id, proof.data)
    }
    return proofs
  }

  /** Throws `noSpace` or `denied`. */
  async save(proof: Proof): Promise<void> {
    await explainAccess(this.#folder, () => mkdir(this.#folder, {recursive: true, mode: 0o700}))
    await replaceDurably(join(this.#folder, `${encodeURIComponent(proof.id)}.json`), `${JSON.stringify(proof, null, 2)}\n`)
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
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
    // Damaged, it proves nothing: then the backup counts as not proven.
    return null
  }
}
