import type {KeptItem, PruneItem} from '../domain/prune-plan.ts'
import {formatDuration} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {Refusal} from '../ports/docker.ts'
import type {ReleaseFolder} from '../ports/release-files.ts'

/** Returns which of the folders go that deployments which died left: those that have not changed for as long as the limit. */
export function planFolders(
  folders: readonly ReleaseFolder[],
  {minAge}: {minAge: number},
  now: number,
): {items: PruneItem[]; kept: KeptItem[]} {
  const judged = folders.map(({path, bytes, changedAt}) => ({
    common: {kind: 'release files' as const, id: path, name: path, bytes},
    state: changedAt.toISOString(),
    age: now - changedAt.getTime(),
  }))
  return {
    items: judged.flatMap(({common, state, age}) =>
      age < minAge ? [] : [{...common, reason: `left by a deployment that died ${formatDuration(age)} ago`, state}],
    ),
    kept: judged.flatMap(({common, age}) =>
      age < minAge ? [{...common, reason: `it is new: ${formatDuration(Math.max(age, 0))} of ${formatDuration(minAge)}`}] : [],
    ),
  }
}

/** Removes a folder that is still as the plan knew it. Returns null, or why it was left. */
export async function pruneFolder({id, state}: PruneItem, ports: Ports): Promise<Refusal | null> {
  const files = await ports.releaseFiles()
  const folder = (await files.folders()).find(({path}) => path === id)
  if (!folder) return null
  if (folder.changedAt.toISOString() !== state) return {why: 'used', message: 'it has changed since the plan was made'}
  try {
    await files.remove(id)
    return null
  } catch (error) {
    if (ports.signal.aborted || !(error instanceof OperatorError)) throw error
    return {why: 'failed', message: error.message}
  }
}
