import type {Change} from '../../change.ts'
import type {Proof} from '../../domain/backup-set.ts'
import type {PhysicalBackup} from '../../domain/physical-backup.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {proveServer, type ServerProof} from './prove.ts'
import {chooseTarget, gatherRecovery, prepareRecovery, type RecoveryFacts, type RecoveryTarget} from './target.ts'

export interface PhysicalVerifyInput {
  selector: string
  /** Recover to this time instead of to the end of a backup. */
  at: Date | null
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
    const until = target.at === null ? 'until it is consistent' : `to ${target.at.toISOString()}`
    return {
      target,
      facts,
      summary: [
        `recover backup ${target.backup.label} into a throw-away server, ${until}`,
        'read every table of every database to its end, walk through every index, and compare the catalogues with those of the live server',
      ],
    }
  },

  async apply({target, facts}, ports) {
    const begin = ports.clock.elapsed()
    const proof = await proveTarget(target, facts, ports).catch((error: unknown) => {
      if (!spoilsProof(error, target)) throw error
      return failedProof(target.backup, error, ports, (ports.clock.elapsed() - begin) / 1000)
    })
    await (await ports.physical()).saveProof(target.backup, proof)
    return {backup: target.backup, proof}
  },
}

async function proveTarget(target: RecoveryTarget, facts: RecoveryFacts, ports: Ports): Promise<Proof> {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const engine = await ports.physical()
  const live = (await ports.runtime()).database
  const request = await prepareRecovery(target, facts, live, ports)
  await using recovery = await progress.step(`Recover backup ${target.backup.label}`, (report) =>
    engine.recover({...request, beside: null}, report),
  )
  const recovered = clock.elapsed()
  const found = await progress.step('Read every table to its end', () =>
    proveServer(recovery, {live: facts.log === null ? null : live, throwAway: true}),
  )
  const until = target.at === null ? 'to the end of the backup' : `to ${target.at.toISOString()}`
  const {restore, recover} = recovery.seconds
  const seconds = {
    readBack: 0,
    start: 0,
    restore: restore + recover,
    compare: (clock.elapsed() - recovered) / 1000,
    total: (clock.elapsed() - begin) / 1000,
  }
  return toProof(target.backup, {...found, where: `${recovery.description}, ${until}`, seconds, verifiedAt: clock.now().toISOString()})
}

/** A time that the archive does not reach says nothing against the backup; whatever else ends a recovery does. */
function spoilsProof(error: unknown, {at}: RecoveryTarget): error is OperatorError {
  if (!(error instanceof OperatorError)) return false
  return error.kind === 'corrupt' || (at === null && (error.kind === 'notFound' || error.kind === 'failed'))
}

type Shown = ServerProof & Pick<Proof, 'where' | 'verifiedAt' | 'seconds'>

function toProof({label}: PhysicalBackup, {depth, ...found}: Shown): Proof {
  const passed = found.differences.every(({severity}) => severity === 'note')
  return {format: 1, id: label, passed, ...found, ...(depth && {depth})}
}

function failedProof(backup: PhysicalBackup, error: OperatorError, {clock}: Pick<Ports, 'clock'>, total: number): Proof {
  return toProof(backup, {
    serverVersion: String(backup.majorVersion),
    tables: 0,
    rows: 0,
    indexes: 0,
    constraints: 0,
    sequences: 0,
    depth: null,
    differences: [{subject: 'recovery', expected: 'success', actual: error.message, severity: 'fatal'}],
    where: 'a recovery by pgBackRest',
    verifiedAt: clock.now().toISOString(),
    seconds: {readBack: 0, start: 0, restore: 0, compare: 0, total},
  })
}
