import {describe, expect, test} from 'vitest'
import {
  abandonedRestores,
  commentOn,
  keptFor,
  keptNameOf,
  markOf,
  markText,
  restoringNameOf,
  swapSql,
  type DatabaseMark,
  type NamedDatabase,
} from '../../../src/lib/domain/swap.ts'

const time = new Date('2026-11-22T09:56:45.123Z')
const keptMark = (of: string, at: string, comment: string | null = null) => ({kind: 'kept' as const, of, at, why: 'restore of x', comment})

const database = (name: string, mark: DatabaseMark | string | null = null, empty = false): NamedDatabase => ({
  name,
  comment: mark === null || typeof mark === 'string' ? mark : markText(mark),
  empty,
})

describe('the name of a kept database', () => {
  test('tells what it was and when it was put aside', () => {
    expect(keptNameOf('shop', time, new Set())).toBe('shop_before_20261122_095645')
  })

  test('is another one where the first is taken', () => {
    const taken = new Set(['shop_before_20261122_095645', 'shop_before_20261122_095645_2'])
    expect(keptNameOf('shop', time, taken)).toBe('shop_before_20261122_095645_3')
  })

  test.each(['ä'.repeat(31), '猫'.repeat(21), '🐘'.repeat(15), 'x'.repeat(63)])('fits into what PostgreSQL keeps of a name: %s', (name) => {
    const taken = new Set([keptNameOf(name, time, new Set())])
    const second = keptNameOf(name, time, taken)
    expect(taken.has(second)).toBe(false)
    for (const made of [...taken, second, restoringNameOf(name, '3f9a1c')]) {
      expect(new TextEncoder().encode(made).length).toBeLessThanOrEqual(63)
    }
  })
})

describe('the mark on a database', () => {
  test.each<DatabaseMark>([
    {kind: 'restoring', of: 'shop'},
    keptMark(`it's "${'ü'}" \\ 猫`, '2026-11-22T09:56:45.123Z', "a comment with 'quotes'\nand lines"),
  ])('survives being written and read: $kind', (mark) => {
    expect(markOf(markText(mark))).toEqual(mark)
  })

  test.each([
    null,
    '',
    'our shop',
    'sparkone',
    'sparkone is great',
    'sparkone {"kind":',
    'sparkone null',
    'sparkone 1',
    'sparkone {"kind":"gone"}',
  ])('the comment %s is none', (comment) => {
    expect(markOf(comment)).toBeNull()
  })

  test('a kept database whose comment somebody edited is no longer offered, and nothing breaks', () => {
    expect(keptFor('shop', [database('shop_before', 'sparkone {"kind":"kept","of":"shop"}')])).toEqual([])
  })
})

describe('the databases that restores put aside', () => {
  test('come newest first, and only those of the database asked for', () => {
    const names = keptFor('shop', [
      database('shop'),
      database('shop_a', keptMark('shop', '2026-11-20T00:00:00.000Z')),
      database('shop_c', keptMark('shop', '2026-11-22T00:00:00.000Z')),
      database('shop_b', keptMark('shop', '2026-11-21T00:00:00.000Z')),
      database('other_before', keptMark('other', '2026-11-23T00:00:00.000Z')),
      database('shop_before_20261122_095645', 'looks like ours, and is not'),
    ]).map(({name}) => name)
    expect(names).toEqual(['shop_c', 'shop_b', 'shop_a'])
  })
})

describe('what a restore that died left behind', () => {
  const restoring: DatabaseMark = {kind: 'restoring', of: 'shop'}

  test('is what carries its mark', () => {
    expect(abandonedRestores('shop', [database('shop_restoring_3f9a1c', restoring)])).toEqual(['shop_restoring_3f9a1c'])
  })

  test('is also what died before it was marked: still empty, with the name that only a restore gives', () => {
    expect(abandonedRestores('shop', [database('shop_restoring_3f9a1c', null, true)])).toEqual(['shop_restoring_3f9a1c'])
  })

  test('a long name that was cut to fit is recognised', () => {
    const long = '猫'.repeat(21)
    const name = restoringNameOf(long, '3f9a1c')
    expect(abandonedRestores(long, [database(name, null, true), database(name, {kind: 'restoring', of: long})])).toEqual([name, name])
  })

  test.each([
    ['the live database', database('shop')],
    ['a live database that lost its renaming comment', database('shop', restoring)],
    ['a database that somebody filled', database('shop_restoring_3f9a1c', null, false)],
    ['a database that somebody gave a comment', database('shop_restoring_3f9a1c', 'mine', true)],
    ['a database that was put aside', database('shop_restoring_3f9a1c', keptMark('shop', '2026-11-22T00:00:00.000Z'))],
    ['another name', database('shop_restoring_backup', null, true)],
    ['a restore of another project on the same server', database('blog_restoring_3f9a1c', {kind: 'restoring', of: 'blog'})],
    ['a restore of another project that is just beginning', database('blog_restoring_3f9a1c', null, true)],
  ])('%s is never named', (_, stranger) => {
    expect(abandonedRestores('shop', [stranger])).toEqual([])
  })
})

describe('the swap', () => {
  test('is two renames, each with the comment that tells what the database is', () => {
    const mark = keptMark('shop', '2026-11-22T09:56:45.123Z', "the old shop's")
    expect(swapSql({live: 'shop', kept: {name: 'shop_before', mark}, incoming: 'shop_restoring_3f9a1c', comment: 'the shop'})).toBe(
      [
        'ALTER DATABASE "shop" RENAME TO "shop_before"',
        `COMMENT ON DATABASE "shop_before" IS '${markText(mark).replaceAll("'", "''")}'`,
        'ALTER DATABASE "shop_restoring_3f9a1c" RENAME TO "shop"',
        `COMMENT ON DATABASE "shop" IS 'the shop'`,
      ].join(';\n'),
    )
  })

  test('without a live database it is one rename', () => {
    expect(swapSql({live: 'shop', kept: null, incoming: 'new', comment: null})).toBe(
      'ALTER DATABASE "new" RENAME TO "shop";\nCOMMENT ON DATABASE "shop" IS NULL',
    )
  })

  test('names and comments with quotes stay names and comments', () => {
    expect(commentOn('"; DROP', "'; DROP")).toBe(`COMMENT ON DATABASE """; DROP" IS '''; DROP'`)
  })
})
