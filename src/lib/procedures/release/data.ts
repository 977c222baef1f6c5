import type {Release} from '../../domain/release.ts'
import {databasesSql, keptFor, restoreReason, type NamedDatabase} from '../../domain/swap.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {backup, type BackupInput} from '../backup.ts'
import {restore} from '../restore.ts'
import {undoRestore} from '../undo-restore.ts'
import {verify} from '../verify.ts'

/** Takes a backup, proves it by a restore, and returns its id. Throws `corrupt` when the proof fails, and what `backup` and `verify` throw. */
export async function takeProvenBackup(input: BackupInput, ports: Ports): Promise<string> {
  const {set} = await backup.apply(backup.plan(await backup.gather(input, ports), input), ports)
  const {id} = set.manifest
  const which = {selector: id, from: 'local'}
  const {proof} = await verify.apply(verify.plan(await verify.gather(which, ports), which), ports)
  if (proof.passed) return id
  throw new OperatorError('corrupt', `The backup ${id} failed its proof.`, {hint: `sparkone verify ${id} shows why.`})
}

/** Swaps in what a backup holds; what is there is kept aside. Throws what `restore` throws, with everything as it was. */
export async function bringData(id: string, ports: Ports): Promise<void> {
  const input = {selector: id, isFile: false, otherServer: false, api: null}
  const plan = restore.plan(await restore.gather(input, ports), input)
  try {
    await restore.apply(plan, ports)
  } catch (error) {
    await restore.undo?.(plan, ports)
    throw error
  }
}

/**
 * Returns whether the data that a release brings is what the database has now. The mark of the database that was put aside tells, and not the ledger: a run may
 * die between the swap and what it would have written of it.
 */
export async function isDataInPlace({data, startedAt}: Release, ports: Ports): Promise<boolean> {
  if (data === null) return false
  const {database, databaseName} = await ports.runtime()
  const [kept] = keptFor(databaseName, await database.query<NamedDatabase>('postgres', databasesSql))
  return kept !== undefined && kept.mark.why === restoreReason(data) && kept.mark.at >= startedAt
}

/** Swaps back in what `bringData` put aside. */
export async function takeDataBack(ports: Ports): Promise<void> {
  const input = {api: null}
  await undoRestore.apply(undoRestore.plan(await undoRestore.gather(input, ports), input), ports)
}
