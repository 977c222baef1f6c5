import {describe, expect, test} from 'vitest'
import {joinContents, planDump, type DumpWeights} from '../../../src/lib/domain/dump-streams.ts'
import {relationKey, type DumpContents} from '../../../src/lib/domain/inventory.ts'

const gibibyte = 1024 ** 3

function weights(tables: Record<string, number>, rest: Partial<DumpWeights> = {}): DumpWeights {
  const weighed = Object.entries(tables).map(([name, gibibytes]) => ({schema: 'public', name, bytes: gibibytes * gibibyte}))
  return {tables: weighed, largeObjectBytes: 0, processors: 8, freeConnections: 90, ...rest}
}

const shop = {orders: 4, items: 3, customers: 2, notes: 0.01}
const apartOf = (facts: DumpWeights, chosen: number | null = null) =>
  planDump(facts, chosen).apart.map((tables) => tables.map(({name}) => name))

describe('a dump is written by', () => {
  test.each([
    ['a small database', weights({orders: 0.9}), null, 1, 'the database is small'],
    ['a large one where processors are few', weights(shop, {processors: 2}), null, 1, '2 processors'],
    ['one that is mostly a single table', weights({events: 20, orders: 1}), null, 1, 'most of the database is one table'],
    ['one whose server has no connections to spare', weights(shop, {freeConnections: 11}), null, 1, 'the server has 11 connections left'],
    ['one whose server has none at all', weights(shop, {freeConnections: -3}), null, 1, 'the server has 0 connections left'],
    ['a large one, as it was told', weights(shop), 1, 1, 'backup.jobs is 1'],
    ['a large one with 4 processors', weights(shop, {processors: 4}), null, 2, '4 processors'],
    ['a large one with 64 processors', weights({...shop, more: 1, others: 1}, {processors: 64}), null, 4, '64 processors'],
    ['a small one, as it was told', weights({orders: 0.1, items: 0.1}), 2, 2, 'backup.jobs is 2'],
    ['one with fewer tables than it was told', weights({orders: 0.1, items: 0.1}), 5, 2, 'backup.jobs is 5'],
    [
      'one with connections for two of the three it was told',
      weights(shop, {freeConnections: 12}),
      3,
      2,
      'the server has 12 connections left',
    ],
    ['one with nothing in it', weights({}), 4, 1, 'backup.jobs is 4'],
  ])('%s', (_case, facts, chosen, jobs, why) => {
    expect(planDump(facts, chosen)).toMatchObject({jobs, why})
  })

  test('processes that have about as much to do, the first with all that is small', () => {
    expect(apartOf(weights(shop, {processors: 4}))).toEqual([['orders']])
    expect(apartOf(weights(shop, {processors: 6}))).toEqual([['orders'], ['items']])
  })

  test('a first one that has large objects to write, too', () => {
    expect(apartOf(weights(shop, {processors: 4, largeObjectBytes: 9 * gibibyte}))).toEqual([['orders', 'items', 'customers']])
  })

  test('processes that never share a table', () => {
    const many = Object.fromEntries(Array.from({length: 900}, (_, index) => [`t${index}`, 0.1]))
    for (const chosen of [2, 7, 16]) {
      const names = apartOf(weights(many), chosen).flat()
      expect(new Set(names).size).toBe(names.length)
      expect(names.length).toBeLessThanOrEqual(500)
    }
  })

  test('one alone for tables whose names another encoding of the server could write otherwise', () => {
    expect(apartOf(weights({größen: 4, orders: 3, items: 3}, {processors: 4}))).not.toContain('größen')
    expect(apartOf(weights({größen: 4, 'two\nlines': 3}, {processors: 4}))).toEqual([])
  })

  test('no more than a set has members for', () => {
    const many = Object.fromEntries(Array.from({length: 40}, (_, index) => [`t${index}`, 1]))
    expect(planDump(weights(many), 64).jobs).toBe(16)
  })
})

describe('what several members hold', () => {
  const contents = (names: string[], lastValue = '1'): DumpContents => ({
    tables: names.map((name) => ({schema: 'public', name, rows: 1})),
    sequences: [{schema: 'public', name: 'id', lastValue, isCalled: true}],
    largeObjects: names.length,
  })

  test('are all their tables, and the sequences and large objects of the dump alone', () => {
    const joined = joinContents(contents(['orders'], '7'), [contents(['items'], '9'), contents(['customers'], '9')])
    expect(joined.tables.map(relationKey)).toEqual(['public.orders', 'public.items', 'public.customers'])
    expect(joined).toMatchObject({sequences: [{lastValue: '7'}], largeObjects: 1})
  })

  test('is refused where a table lies in two of them, since a restore would have its rows twice', () => {
    expect(() => joinContents(contents(['orders']), [contents(['orders'])])).toThrow('The rows of public.orders were dumped twice.')
  })
})
