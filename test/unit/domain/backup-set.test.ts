import {describe, expect, test} from 'vitest'
import {backupId, isProven, newestFirst, totalRows} from '../../../src/lib/domain/backup-set.ts'
import {backupSet} from '../../support/backup-sets.ts'

const at = (text: string) => new Date(text)

describe('the id of a backup', () => {
  test('is its start in UTC and six letters', () => {
    expect(backupId(at('2026-11-22T11:56:45.987+02:00'), '3f9a1c')).toBe('20261122T095645Z-3f9a1c')
  })

  test('sorts by time', () => {
    const ids = ['2026-12-01T00:00:00Z', '2026-02-10T23:59:59Z', '2025-12-31T23:59:59Z'].map((text) => backupId(at(text), 'ffffff'))
    expect(ids.toSorted()).toEqual(ids.toReversed())
  })
})

describe('the newest backup', () => {
  test('is the one that began last, wherever it stands in the list', () => {
    const sets = ['2026-11-20T02:00:00Z', '2026-11-22T02:00:00Z', '2026-11-21T02:00:00Z'].map((text) => backupSet({startedAt: at(text)}))
    expect(newestFirst(sets).map(({manifest}) => manifest.startedAt)).toEqual([
      '2026-11-22T02:00:00.000Z',
      '2026-11-21T02:00:00.000Z',
      '2026-11-20T02:00:00.000Z',
    ])
  })

  test('is not the one whose id has the latest time, which a wrong clock or another hand may have written', () => {
    const [old, recent] = ['2026-11-20T02:00:00Z', '2026-11-22T02:00:00Z'].map((text) => backupSet({startedAt: at(text)}))
    const misnamed = {...old!, manifest: {...old!.manifest, id: '20301231T235959Z-ffffff'}}
    expect(newestFirst([misnamed, recent!])).toEqual([recent, misnamed])
  })

  test('of two that began at once is always the same one', () => {
    const one = backupSet({startedAt: at('2026-11-22T02:00:00Z')})
    const other = {...one, manifest: {...one.manifest, id: '20261122T020000Z-000000'}}
    expect(newestFirst([one, other])).toEqual(newestFirst([other, one]))
  })
})

describe('a proof', () => {
  const startedAt = at('2026-11-22T02:00:00Z')

  test('counts when it passed, and only then', () => {
    expect(isProven(backupSet({startedAt, proof: 'passed'}))).toBe(true)
    expect(isProven(backupSet({startedAt, proof: 'failed'}))).toBe(false)
    expect(isProven(backupSet({startedAt, proof: 'none'}))).toBe(false)
  })
})

test('the rows of a backup are those of all its tables', () => {
  expect(totalRows(backupSet({startedAt: at('2026-11-22T02:00:00Z'), tables: ['a', 'b', 'c']}).manifest)).toBe(30)
})
