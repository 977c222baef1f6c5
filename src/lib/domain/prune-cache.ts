import type {CacheRecord} from './docker-contents.ts'
import type {PruneDecision} from './prune-plan.ts'
import {formatBytes, formatDuration} from './quantity.ts'

/** Returns which records of the build cache go: those longest unused, beyond the newest `floor` bytes; what a kept one stands on stays. */
export function planCache(records: readonly CacheRecord[], floor: number, now: number): Pick<PruneDecision, 'items' | 'kept'> {
  const reasons = reasonsToStay(records, floor)
  const common = ({id, description, bytes, isShared}: CacheRecord) => ({
    kind: 'build cache' as const,
    id,
    name: description === '' ? id : description,
    bytes: isShared ? 0 : bytes,
  })
  return {
    items: childrenFirst(records.filter(({id}) => !reasons.has(id))).map((record) => ({
      ...common(record),
      reason: `last used ${formatDuration(Math.max(now - record.usedAt, 0))} ago, beyond the ${formatBytes(floor)} of cache that stay`,
      state: String(record.usedAt),
    })),
    kept: records.flatMap((record) => (reasons.has(record.id) ? [{...common(record), reason: reasons.get(record.id)!}] : [])),
  }
}

function reasonsToStay(records: readonly CacheRecord[], floor: number): Map<string, string> {
  const byId = new Map(records.map((record) => [record.id, record]))
  const reasons = new Map<string, string>()
  let bytes = 0
  const hold = (record: CacheRecord, reason: string): void => {
    for (const each of lineOf(record, byId)) {
      if (reasons.has(each.id)) continue
      reasons.set(each.id, each === record ? reason : `${record.description || record.id} stands on it`)
      bytes += each.isShared ? 0 : each.bytes
    }
  }
  for (const record of records.filter(({isInUse}) => isInUse)) hold(record, 'it is in use')
  for (const record of records.toSorted((one, other) => other.usedAt - one.usedAt)) {
    const more = lineOf(record, byId).filter(({id, isShared}) => !reasons.has(id) && !isShared)
    // The first that does not fit ends it: keeping an older one in its place would turn the order of use around.
    if (bytes + more.reduce((sum, each) => sum + each.bytes, 0) > floor) break
    hold(record, `it is among the newest ${formatBytes(floor)} of the cache`)
  }
  return reasons
}

/** Returns a record and all that it stands on. */
function lineOf(record: CacheRecord, byId: ReadonlyMap<string, CacheRecord>): CacheRecord[] {
  const line = new Set([record])
  // A set that grows while it is walked is walked to its new end.
  for (const each of line) for (const parent of each.parents.flatMap((id) => byId.get(id) ?? [])) line.add(parent)
  return [...line]
}

function childrenFirst(records: readonly CacheRecord[]): CacheRecord[] {
  const byId = new Map(records.map((record) => [record.id, record]))
  const depths = new Map(records.map((record) => [record.id, lineOf(record, byId).length]))
  return records.toSorted((one, other) => depths.get(other.id)! - depths.get(one.id)! || one.usedAt - other.usedAt)
}
