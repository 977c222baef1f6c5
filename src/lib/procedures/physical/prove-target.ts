import type {Proof} from '../../domain/backup-set.ts'
import {describePoint, type PhysicalBackup} from '../../domain/physical-backup.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {Recovery} from '../../ports/physical.ts'
import {proveServer, type ServerProof} from './prove.ts'
import {prepareRecovery, type RecoveryFacts, type RecoveryTarget} from './target.ts'

export interface TargetProofOptions {
  /** The live server, where it is up, archives what it has written so far. */
  archiveFirst: boolean
  /** Is called with the recovered server before it goes, when everything was read. */
  afterwards?: (recovery: Recovery) => Promise<void>
}

/** Recovers into a throw-away server, reads everything there, and returns the proof. Throws as `PhysicalEngine.recover` does. */
export async function proveTarget(
  target: RecoveryTarget,
  facts: RecoveryFacts,
  ports: Ports,
  {archiveFirst, afterwards}: TargetProofOptions,
): Promise<Proof> {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const engine = await ports.physical()
  const live = (await ports.runtime()).database
  const request = await prepareRecovery(target, facts, archiveFirst ? live : null, ports)
  await using recovery = await progress.step(`Recover backup ${target.backup.label}`, (report) =>
    engine.recover({...request, beside: null}, report),
  )
  const recovered = clock.elapsed()
  const found = await progress.step('Read every table to its end', () =>
    proveServer(recovery, {live: facts.log === null ? null : live, throwAway: true}),
  )
  const proven = clock.elapsed()
  await afterwards?.(recovery)
  const {restore, recover} = recovery.seconds
  const seconds = {
    readBack: 0,
    start: 0,
    restore: restore + recover,
    compare: (proven - recovered) / 1000,
    total: (proven - begin) / 1000,
  }
  return toProof(target.backup, {
    ...found,
    where: `${recovery.description}, ${describePoint(target.at)}`,
    seconds,
    verifiedAt: clock.now().toISOString(),
  })
}

/** Returns whether an error is a proof that failed. A time that the archive does not reach says nothing against the backup; whatever else ends a recovery does. */
export function spoilsProof(error: unknown, {at}: RecoveryTarget): error is OperatorError {
  if (!(error instanceof OperatorError)) return false
  return error.kind === 'corrupt' || (at === null && (error.kind === 'notFound' || error.kind === 'failed'))
}

type Shown = ServerProof & Pick<Proof, 'where' | 'verifiedAt' | 'seconds'>

function toProof({label}: PhysicalBackup, {depth, ...found}: Shown): Proof {
  const passed = found.differences.every(({severity}) => severity === 'note')
  return {format: 1, id: label, passed, ...found, ...(depth && {depth})}
}

/** Returns the proof of a backup that could not be recovered. */
export function failedProof(backup: PhysicalBackup, error: OperatorError, {clock}: Pick<Ports, 'clock'>, total: number): Proof {
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
