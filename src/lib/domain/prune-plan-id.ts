import {compactTime} from './backup-set.ts'
import type {PruneItem} from './prune-plan.ts'
import {newestRowHash, rowReader, RowSum} from './row-hash.ts'

const columns = ['kind', 'id', 'bytes', 'state'] as const
const format = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{16}$/

/**
 * Returns the name of a plan: the time it was made for, and a hash of what goes, each thing by kind, ID, bytes and state. The same decision for
 * that time gives the same name as long as nothing in it has changed. `at` is milliseconds since 1970, of a whole second.
 */
export function prunePlanId(items: readonly PruneItem[], at: number): string {
  const [reader, sum] = [rowReader(newestRowHash), new RowSum()]
  reader.begin(sum, columns)
  for (const item of items) {
    const row = columns.map((column) => String(item[column]).replaceAll(/[\t\n]/g, ' ')).join('\t')
    reader.read(new TextEncoder().encode(`${row}\n`), 0)
  }
  return `${compactTime(new Date(at))}-${sum.digest()}`
}

/** Returns the time that a plan was made for, in milliseconds since 1970, or null for what is no name of a plan. */
export function prunePlanTime(id: string): number | null {
  const [, year, month, day, hour, minute, second] = format.exec(id) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? null : time
}

/** Returns the time without what is less than a second, as names of plans have it. */
export function wholeSecond(time: number): number {
  return Math.floor(time / 1000) * 1000
}
