import {join} from 'node:path'
import type {Proof} from '../../domain/backup-set.ts'
import {proofSchema} from '../directory/schemas.ts'
import {DocumentFolder} from '../document-folder.ts'

/** Proofs of backups that lie in a repository which is not ours to write to: a file each in the state folder, named by the label. */
export class PhysicalProofs {
  readonly #documents: DocumentFolder<Proof>

  constructor(stateFolder: string, owner: string, stanza: string) {
    this.#documents = new DocumentFolder(join(stateFolder, 'physical', encodeURIComponent(owner), encodeURIComponent(stanza)), proofSchema)
  }

  /** Returns the proofs by label. One that is damaged proves nothing and is left out. Throws `denied`. */
  async all(): Promise<Map<string, Proof>> {
    const proofs = new Map<string, Proof>()
    for await (const proof of this.#documents.all()) proofs.set(proof.id, proof)
    return proofs
  }

  /** Throws `noSpace` or `denied`. */
  async save(proof: Proof): Promise<void> {
    await this.#documents.save(encodeURIComponent(proof.id), proof)
  }
}
