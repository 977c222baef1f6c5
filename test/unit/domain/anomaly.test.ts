import {describe, expect, test} from 'vitest'
import {describeAnomaly, findAnomalies, standardAnomalyRule, type AnomalyRule, type Comparable} from '../../../src/lib/domain/anomaly.ts'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import {setOf, type SetTraits} from '../../support/retention/sets.ts'

const day = {at: '2026-11-22T10:00:00Z', by: 'operator@server'}

/** A set whose dump has so many bytes. */
function sized(traits: SetTraits, bytes = 1000, compression = 'zstd:3'): BackupSet {
  const set = setOf(traits)
  const members = [{name: 'database.dump' as const, bytes, sha256: 'a'.repeat(64)}]
  return {...set, manifest: {...set.manifest, members, tool: {...set.manifest.tool, compression}}}
}

const week = (rows: Record<string, number> = {orders: 100, customers: 20}) => [1, 2, 3, 4, 5, 6, 7].map((daysAgo) => sized({daysAgo, rows}))

function judge(backup: Comparable, earlier: readonly BackupSet[], rule: Partial<AnomalyRule> = {}): string[] {
  return findAnomalies(backup, earlier, {...standardAnomalyRule, ...rule}).map(describeAnomaly)
}

const today = (rows: Record<string, number>, bytes = 1000, compression?: string) => sized({daysAgo: 0, rows}, bytes, compression).manifest

describe('a backup is suspiciously small', () => {
  test.each<[string, Record<string, number>, number, string[]]>([
    ['when all is as ever', {orders: 101, customers: 20}, 1010, []],
    ['when there is exactly half as much', {orders: 50, customers: 10}, 500, []],
    ['when a table was truncated', {orders: 0, customers: 20}, 900, ['table public.orders has 0 rows, and had 100']],
    ['when a table has less than half', {orders: 49, customers: 20}, 900, ['table public.orders has 49 rows, and had 100']],
    ['when a table is gone', {customers: 20}, 900, ['table public.orders has 0 rows, and had 100']],
    ['when a table is new', {orders: 100, customers: 20, invoices: 1}, 1000, []],
    ['when the dump has less than half', {orders: 100, customers: 20}, 499, ['the dump has 499 B, and had 1 KiB']],
  ])('%s', (_, rows, bytes, expected) => {
    expect(judge(today(rows, bytes), week())).toEqual(expected)
  })

  test('when the database is empty, or another one under the same name', () => {
    expect(judge(today({}, 10), week())).toHaveLength(3)
    expect(judge(today({songs: 5}, 100), week())).toHaveLength(3)
  })
})

describe('it is compared', () => {
  test('with nothing when there is no proven backup yet', () => {
    const unproven = week().map((set) => ({...set, proof: null}))
    expect(judge(today({orders: 0}), [])).toEqual([])
    expect(judge(today({orders: 0}), unproven)).toEqual([])
  })

  test('with the last 7 proven ones, and none before', () => {
    const long = [8, 9, 10, 11, 12, 13, 14, 15, 16].map((daysAgo) => sized({daysAgo, rows: {orders: 100_000}}))
    expect(judge(today({orders: 90}), [...long, ...week({orders: 100})])).toEqual([])
  })

  test('by their median, so that one of them that was odd is no measure', () => {
    const odd = [sized({daysAgo: 1, rows: {orders: 1_000_000}}, 9_000_000), ...week({orders: 100}).slice(1)]
    expect(judge(today({orders: 90}), odd)).toEqual([])
    const few = [sized({daysAgo: 1, rows: {orders: 300}}), sized({daysAgo: 2, rows: {orders: 100}})]
    expect(judge(today({orders: 99}), few)).toEqual(['table public.orders has 99 rows, and had 200'])
  })

  test('with backups of the same database, by its whole name', () => {
    const other = week({orders: 100_000}).map((set) => ({...set, manifest: {...set.manifest, database: 'shop_archive'}}))
    expect(judge(today({orders: 10}), other)).toEqual([])
  })

  test('in size only with those that were compressed alike', () => {
    const gzip = week({orders: 100}).map((set) => ({
      ...set,
      manifest: {...set.manifest, tool: {...set.manifest.tool, compression: 'gzip:6'}},
    }))
    expect(judge(today({orders: 100}, 300, 'zstd:3'), gzip)).toEqual([])
  })

  test('not with one that is itself under suspicion, so that a slow decline does not become the measure', () => {
    const anomalies = [{subject: 'table public.orders', value: 40, median: 100}]
    const declined = [1, 2, 3].map((daysAgo) => sized({daysAgo, rows: {orders: 40}, anomalies}))
    expect(judge(today({orders: 30}), [...declined, ...week({orders: 100}).slice(3)])).toEqual([
      'table public.orders has 30 rows, and had 100',
    ])
  })

  test('with one that was accepted, and with none before it', () => {
    const anomalies = [{subject: 'table public.orders', value: 40, median: 100}]
    const accepted = {...sized({daysAgo: 3, rows: {orders: 40}, anomalies}), marks: {format: 1 as const, id: '', accepted: day}}
    const history = [...week({orders: 100}).slice(3), accepted]
    expect(judge(today({orders: 38}), history)).toEqual([])
    expect(judge(today({orders: 19}), history)).toEqual(['table public.orders has 19 rows, and had 40'])
  })
})

describe('the configuration says', () => {
  test('from which part on it counts', () => {
    expect(judge(today({orders: 15}), week({orders: 100}), {threshold: 10})).toEqual([])
    expect(judge(today({orders: 95}), week({orders: 100}), {threshold: 99})).toHaveLength(1)
    expect(judge(today({}, 0), week(), {threshold: 0})).toEqual([])
  })

  test('which tables are too small to be judged', () => {
    expect(judge(today({orders: 0}), week({orders: 19}), {minimumRows: 20})).toEqual([])
    expect(judge(today({orders: 0}), week({orders: 20}), {minimumRows: 20})).toHaveLength(1)
  })

  test('which tables come and go, by name or by pattern', () => {
    const rows = {orders: 100, events_2026_01: 50, 'odd(name': 5}
    expect(judge(today({orders: 100}), week(rows), {ignoreTables: ['public.events_*', 'public.odd(name']})).toEqual([])
    expect(judge(today({orders: 100}), week(rows), {ignoreTables: ['events_*', 'public.odd']})).toHaveLength(2)
  })
})
