import type {HookRules} from '../../domain/hooks.ts'
import {describeFailedCopy} from '../../domain/offsite.ts'
import type {Release} from '../../domain/release.ts'
import {databasesSql, keptFor, restoreReason, type NamedDatabase} from '../../domain/swap.ts'
import {exitCodes, OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {backup, type BackupInput, type BackupResult} from '../backup.ts'
import {withHooks, type Made} from '../perform-with-hooks.ts'
import {restore} from '../restore.ts'
import {undoRestore} from '../undo-restore.ts'
import {verify} from '../verify.ts'

/**
 * Takes a backup, with the same hooks around it as one that is taken by hand, proves it by a restore, and returns its id and what went wrong beside it.
 * Throws `corrupt` when the proof fails, and what `backup`, its hook `before` and `verify` throw.
 */
export async function takeProvenBackup(
  input: BackupInput,
  hooks: HookRules,
  ports: Ports,
): Promise<{id: string; remarks: readonly string[]}> {
  const {databaseName} = await ports.runtime()
  const surroundings = {rules: hooks, kind: 'database' as const, database: databaseName, describe: describeBackup}
  const work = async () => backup.apply(backup.plan(await backup.gather(input, ports), input), ports)
  const {result, remarks} = await withHooks(work, surroundings, ports)
  const {id} = result.set.manifest
  const which = {selector: id, from: 'local'}
  const {proof} = await verify.apply(verify.plan(await verify.gather(which, ports), which), ports)
  const failedCopies = result.copies.filter(({confirmed}) => !confirmed).map(describeFailedCopy)
  if (proof.passed) return {id, remarks: [...failedCopies, ...remarks]}
  throw new OperatorError('corrupt', `The backup ${id} failed its proof.`, {hint: `sparkone verify ${id} shows why.`})
}

function describeBackup({set: {manifest, location}, copies}: BackupResult): Made {
  const isWhole = (manifest.anomalies ?? []).length === 0 && copies.every(({confirmed}) => confirmed)
  return {set: manifest.id, location, exitCode: isWhole ? 0 : exitCodes.warning}
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
