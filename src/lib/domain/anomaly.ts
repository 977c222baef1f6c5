import type {BackupSet, Manifest} from './backup-set.ts'
import {dumpBytes} from './dump-member.ts'
import {relationKey, type RelationName} from './inventory.ts'
import {count, formatBytes} from './quantity.ts'

/** One thing that a backup has far less of than those before it. */
export interface Anomaly {
  /** `size`, or `table <schema>.<name>`. */
  subject: string
  /** Bytes of the dump, or rows of the table. */
  value: number
  /** Median of the backups it was compared with. */
  median: number
}

export interface AnomalyRule {
  /** Part of the median, in percent, below which it is an anomaly. */
  threshold: number
  /** Tables with a smaller median are not judged. */
  minimumRows: number
  /** `schema.name`; `*` stands for any characters. */
  ignoreTables: readonly string[]
}

export const standardAnomalyRule: AnomalyRule = {threshold: 50, minimumRows: 1, ignoreTables: []}

/** How many backups a new one is compared with: a week of daily ones. */
const compared = 7

/** What is compared, known before the set is published. */
export type Comparable = Pick<Manifest, 'database' | 'contents' | 'members'> & {tool: Pick<Manifest['tool'], 'compression'>}

/**
 * Returns what a new backup has less of than it should, judged by the last proven ones of the same database. Backups that are themselves
 * under suspicion are no measure; one that was accepted is where the measure begins anew.
 */
export function findAnomalies(backup: Comparable, earlier: readonly BackupSet[], rule: AnomalyRule): Anomaly[] {
  const measure = measureOf(backup.database, earlier)
  if (measure.length === 0) return []
  const isLow = ({value, median}: Anomaly) => median > 0 && value < (median * rule.threshold) / 100
  return [...sizes(backup, measure), ...tables(backup, measure, rule)].filter(isLow)
}

/** Returns an anomaly in words: `table public.orders has 3 rows, and had 200`. */
export function describeAnomaly({subject, value, median}: Anomaly): string {
  const [now, before] = subject === 'size' ? [formatBytes(value), formatBytes(median)] : [count(value, 'row'), String(median)]
  return subject === 'size' ? `the dump has ${now}, and had ${before}` : `${subject} has ${now}, and had ${before}`
}

function measureOf(database: string, earlier: readonly BackupSet[]): Manifest[] {
  const usable = earlier
    .filter(({manifest, proof, marks}) => {
      const isGood = proof?.passed === true && (manifest.anomalies ?? []).length === 0
      return manifest.database === database && (isGood || marks?.accepted !== undefined)
    })
    .toSorted((one, other) => Date.parse(other.manifest.startedAt) - Date.parse(one.manifest.startedAt))
  const accepted = usable.findIndex(({marks}) => marks?.accepted !== undefined)
  return usable.slice(0, Math.min(compared, accepted === -1 ? compared : accepted + 1)).map(({manifest}) => manifest)
}

/** Another compression gives another size of the same data, so only like is compared with like. */
function sizes(backup: Comparable, measure: readonly Manifest[]): Anomaly[] {
  const alike = measure.filter(({tool}) => tool.compression === backup.tool.compression)
  return alike.length === 0 ? [] : [{subject: 'size', value: dumpBytes(backup), median: medianOf(alike.map(dumpBytes))}]
}

/** A table that is there no longer counts as one without rows. */
function tables(backup: Comparable, measure: readonly Manifest[], {minimumRows, ignoreTables}: AnomalyRule): Anomaly[] {
  const now = rowsByTable(backup)
  const before = measure.map(rowsByTable)
  const names = new Set(before.flatMap((rows) => [...rows.keys()]))
  const ignored = ignoreTables.map(toPattern)
  return [...names]
    .filter((name) => !ignored.some((pattern) => pattern.test(name)))
    .map((name) => ({subject: `table ${name}`, value: now.get(name) ?? 0, median: medianOf(before.map((rows) => rows.get(name) ?? 0))}))
    .filter(({median}) => median >= minimumRows)
}

function rowsByTable({contents}: Pick<Manifest, 'contents'>): Map<string, number> {
  return new Map(contents.tables.map((table) => [relationKey(table as RelationName), table.rows]))
}

function toPattern(name: string): RegExp {
  const literal = name.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${literal.join('.*')}$`)
}

/** Of an even number the mean of the two in the middle. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
