import type {Change} from '../../change.ts'
import type {Proof} from '../../domain/backup-set.ts'
import {describePoint, type PhysicalBackup, type RecoveryPoint} from '../../domain/physical-backup.ts'
import {failedProof, proveTarget, spoilsProof} from './prove-target.ts'
import {chooseTarget, gatherRecovery, type RecoveryFacts, type RecoveryTarget} from './target.ts'

export interface PhysicalVerifyInput {
  selector: string
  /** How far to recover, of the backup that `selector` means, or of the one that fits. */
  at: RecoveryPoint
}

interface Plan {
  summary: readonly string[]
  target: RecoveryTarget
  facts: RecoveryFacts
}

export interface PhysicalVerifyResult {
  backup: PhysicalBackup
  proof: Proof
}

/** Recovers a backup into a throw-away server and reads everything there. The proof is kept in the state folder. */
export const verifyPhysically: Change<PhysicalVerifyInput, RecoveryFacts, Plan, PhysicalVerifyResult> = {
  name: 'verify',

  gather(_input, ports) {
    return gatherRecovery(ports)
  },

  plan(facts, input) {
    const target = chooseTarget(input, facts)
    return {
      target,
      facts,
      summary: [
        `recover backup ${target.backup.label} into a throw-away server, ${describePoint(target.at)}`,
        'read every table of every database to its end, walk through every index, and compare the catalogues with those of the live server',
      ],
    }
  },

  async apply({target, facts}, ports) {
    const begin = ports.clock.elapsed()
    const proof = await proveTarget(target, facts, ports, {archiveFirst: true}).catch((error: unknown) => {
      if (!spoilsProof(error, target)) throw error
      return failedProof(target.backup, error, ports, (ports.clock.elapsed() - begin) / 1000)
    })
    await (await ports.physical()).saveProof(target.backup, proof)
    return {backup: target.backup, proof}
  },
}
