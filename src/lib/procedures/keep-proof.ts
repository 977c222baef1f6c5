import {isSameBackup, type BackupSet, type Proof} from '../domain/backup-set.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, SetCollection} from '../ports.ts'
import {withdrawnProof} from './proof.ts'
import {storeOf, type RestoreSource} from './restore-source.ts'

type SetSource = Extract<RestoreSource, {kind: 'set'}>

/**
 * Keeps a proof with the set that it was made of, and, as `sync` would, with the one on this machine that has the same bytes and no proof yet.
 * Returns what could not be done: keys that may only read are no reason to call what was shown in question.
 */
export async function keepProof(proof: Proof, source: SetSource, ports: Ports): Promise<string[]> {
  const [there, here] = [await storeOf(source, ports), await ports.store()]
  const remarks = await attempt(ports, there.location, () => there.saveProof(source.set, proof))
  // A copy that is damaged does not condemn the backup here.
  if (there === here || !proof.passed) return remarks
  const more = await attempt(ports, here.location, async () => {
    const twin = await findTwin(source.set, here)
    if (twin) await here.saveProof(twin, proof)
  })
  return [...remarks, ...more]
}

/** A set whose bytes are damaged is proven no longer, whatever was shown before. Throws what keeping that fails with. */
export async function withdrawProof(source: RestoreSource, store: SetCollection, {clock}: Ports, error: unknown): Promise<void> {
  if (source.kind !== 'set' || !(error instanceof OperatorError) || error.kind !== 'corrupt') return
  await store.saveProof(source.set, withdrawnProof(source, error.message, clock.now()))
}

async function findTwin(set: BackupSet, here: SetCollection): Promise<BackupSet | undefined> {
  return (await here.list()).find((each) => each.proof === null && isSameBackup(each.manifest, set.manifest))
}

async function attempt({signal}: Ports, location: string, work: () => Promise<void>): Promise<string[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (signal.aborted || !(error instanceof OperatorError)) throw error
    return [`the proof could not be kept in ${location}: ${error.message}`]
  }
}
