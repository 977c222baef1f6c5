import {describe, expect, test} from 'vitest'
import {compareCatalogues, compareContents, hashOf} from '../../../src/lib/domain/compare.ts'
import type {Catalogue, DumpContents} from '../../../src/lib/domain/inventory.ts'

const orders = {schema: 'public', name: 'orders'}

const contents: DumpContents = {
  tables: [{...orders, rows: 10}],
  sequences: [{schema: 'public', name: 'orders_id_seq', lastValue: '10', isCalled: true}],
  largeObjects: 2,
}

const catalogue: Catalogue = {
  tables: [orders],
  partitionedTables: [{schema: 'public', name: 'events'}],
  indexes: [{schema: 'public', name: 'orders_pkey', table: 'orders', valid: true, definition: 'UNIQUE (id)'}],
  constraints: [{schema: 'public', name: 'orders_check', table: 'orders', validated: true, definition: 'CHECK (id > 0)'}],
  sequences: [{schema: 'public', name: 'orders_id_seq'}],
  extensions: [{name: 'vector', version: '0.8.0'}],
  views: [{schema: 'public', name: 'open_orders'}],
  functions: ['public.total(integer)'],
  triggers: ['public.orders audit'],
}

const [index] = catalogue.indexes
const [constraint] = catalogue.constraints

describe('what a dump holds', () => {
  const damaged = (change: Partial<DumpContents>) => compareContents(contents, {...contents, ...change})

  test('the same contents show no difference', () => {
    expect(damaged({})).toEqual([])
  })

  test('contents are compared by the way that both were hashed', () => {
    const hashed = (hash: string, hashedBy?: string) => ({...contents, tables: [{...orders, rows: 10, hash}], ...(hashedBy && {hashedBy})})
    const other = [{subject: 'contents of table public.orders', expected: 'hash 1f', actual: 'hash 2e', severity: 'fatal'}]
    expect(compareContents(hashed('1f', 'rows-2'), hashed('2e', 'rows-2'))).toEqual(other)
    expect(compareContents(hashed('1f', 'rows-2'), hashed('1f', 'rows-2'))).toEqual([])
    // A manifest that names none was hashed by the only way there was then.
    expect(compareContents(hashed('1f'), hashed('2e', 'rows-1'))).toEqual(other)
    expect(hashOf(hashed('1f'))).toBe('rows-1')
  })

  test('contents that a later version hashed are counted, and that they were not compared is said', () => {
    const later = {...contents, tables: [{...orders, rows: 10, hash: '1f'}], hashedBy: 'rows-9'}
    const actual = 'counted, and not compared: this version of sparkone does not know that hash'
    const note = {subject: 'contents of tables', expected: 'hashed by rows-9', actual, severity: 'note'}
    expect(compareContents(later, contents)).toEqual([note])
    expect(compareContents(later, {...contents, tables: [{...orders, rows: 9}]})).toMatchObject([
      {actual: '9 rows', severity: 'fatal'},
      note,
    ])
    expect(hashOf(later)).toBeNull()
  })

  test('one row too few spoils the proof', () => {
    expect(damaged({tables: [{...orders, rows: 9}]})).toEqual([
      {subject: 'table public.orders', expected: '10 rows', actual: '9 rows', severity: 'fatal'},
    ])
  })

  test('a table that is missing or was never dumped is named', () => {
    const stray = {schema: 'public', name: 'stray', rows: 1}
    expect(damaged({tables: []})).toMatchObject([{subject: 'table public.orders', expected: '10 rows', actual: 'none'}])
    expect(damaged({tables: [...contents.tables, stray]})).toMatchObject([
      {subject: 'table public.stray', expected: 'none', actual: '1 rows'},
    ])
  })

  test('a sequence that was reset is named, and one that was never called is told from one that was', () => {
    const [sequence] = contents.sequences
    expect(damaged({sequences: [{...sequence!, lastValue: '1'}]})).toMatchObject([{subject: 'sequence public.orders_id_seq', actual: '1'}])
    expect(damaged({sequences: [{...sequence!, isCalled: false}]})).toMatchObject([{expected: '10', actual: '10 (not yet called)'}])
  })

  test('a missing large object is named', () => {
    expect(damaged({largeObjects: 1})).toEqual([{subject: 'large objects', expected: '2', actual: '1', severity: 'fatal'}])
  })

  test('a table of the same name in another schema is another table', () => {
    const tables = [{schema: 'archive', name: 'orders', rows: 10}]
    expect(damaged({tables}).map(({subject}) => subject)).toEqual(['table public.orders', 'table archive.orders'])
  })

  test('a dot in a name does not make two tables one', () => {
    const tables = [
      {schema: 'a.b', name: 'c', rows: 1},
      {schema: 'a', name: 'b.c', rows: 2},
    ]
    const lost = compareContents({...contents, tables}, {...contents, tables: tables.slice(1)})
    expect(lost).toMatchObject([{subject: 'table "a.b".c', expected: '1 rows', actual: 'none'}])
  })
})

describe('what a database holds besides rows', () => {
  const damaged = (change: Partial<Catalogue>) => compareCatalogues(catalogue, {...catalogue, ...change})

  test('the same catalogue shows no difference', () => {
    expect(damaged({})).toEqual([])
  })

  test.each([
    ['tables', 'table public.orders'],
    ['partitionedTables', 'partitioned table public.events'],
    ['indexes', 'index public.orders_pkey'],
    ['constraints', 'constraint public.orders orders_check'],
    ['sequences', 'sequence public.orders_id_seq'],
    ['extensions', 'extension vector'],
    ['views', 'view public.open_orders'],
    ['functions', 'function public.total(integer)'],
    ['triggers', 'trigger public.orders audit'],
  ] as const)('a loss among the %s spoils the proof', (kind, subject) => {
    expect(damaged({[kind]: []})).toMatchObject([{subject, actual: 'none', severity: 'fatal'}])
  })

  test('an index that is invalid now, or defined otherwise, is named', () => {
    expect(damaged({indexes: [{...index!, valid: false}]})).toMatchObject([{expected: 'UNIQUE (id)', actual: 'UNIQUE (id) INVALID'}])
    expect(damaged({indexes: [{...index!, definition: '(id)'}]})).toMatchObject([{actual: '(id)', severity: 'fatal'}])
  })

  test('a constraint that is no longer validated is named', () => {
    expect(damaged({constraints: [{...constraint!, validated: false}]})).toMatchObject([{actual: 'CHECK (id > 0) NOT VALID'}])
  })

  test('constraints of one name on two tables are two', () => {
    const both = {...catalogue, constraints: [constraint!, {...constraint!, table: 'customers'}]}
    expect(compareCatalogues(both, catalogue)).toMatchObject([{subject: 'constraint public.customers orders_check'}])
  })

  test('another version of an extension is a note, since the image decides it', () => {
    expect(damaged({extensions: [{name: 'vector', version: '0.8.1'}]})).toEqual([
      {subject: 'extension vector', expected: '0.8.0', actual: '0.8.1', severity: 'note'},
    ])
  })
})
