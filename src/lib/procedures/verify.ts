import type {Change} from '../change.ts'
import type {Proof} from '../domain/backup-set.ts'
import {withdrawProof} from './keep-proof.ts'
import {prove} from './proof.ts'
import {findSource, storeOf, type RestoreSource} from './restore-source.ts'

export interface VerifyInput {
  selector: string
  /** The only place to look for the backup in: `local`, or a target. */
  from?: string | undefined
}

export interface VerifyPlan {
  summary: readonly string[]
  source: RestoreSource
}

export interface VerifyResult {
  source: RestoreSource
  proof: Proof
}

/** Restores a backup into a throw-away server and compares everything. The proof is kept with the set. */
export const verify: Change<VerifyInput, RestoreSource, VerifyPlan, VerifyResult> = {
  name: 'verify',

  gather({selector, from}, ports) {
    // The newest is the one that still needs its proof; asking for a proven one would prove the same again and again.
    return findSource(selector, ports, {proven: false, from})
  },

  plan(source) {
    return {
      source,
      summary: [
        `restore ${source.label} into a throw-away server`,
        'compare the contents of every table, and every index, constraint, sequence, extension, role and privilege',
      ],
    }
  },

  async apply({source}, ports) {
    const store = await storeOf(source, ports)
    try {
      const proof = await prove(source, store, ports)
      if (source.kind === 'set') await store.saveProof(source.set, proof)
      return {source, proof}
    } catch (error) {
      await withdrawProof(source, store, ports, error)
      throw error
    }
  },
}
