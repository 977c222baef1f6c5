import {describe, expect, test} from 'vitest'
import {readDump} from '../../support/sql-dumps.ts'
import {SqlDumpReader} from '../../../src/lib/domain/sql-dump.ts'

const encoder = new TextEncoder()

/** Returns the hash of a table with the given header and rows, read in chunks of so many bytes. */
function hashOf(rows: readonly string[], columns = 'id, name', chunkBytes = 1000): string | undefined {
  const reader = new SqlDumpReader({hash: 'rows-2'})
  const bytes = encoder.encode(`COPY public.customers (${columns}) FROM stdin;\n${rows.map((row) => `${row}\n`).join('')}\\.\n`)
  for (let start = 0; start < bytes.length; start += chunkBytes) reader.push(bytes.subarray(start, start + chunkBytes))
  return reader.end().contents.tables[0]!.hash
}

const rows = ['1\tAda', '2\tGrace', '3\t\\N', '4\tMary\\tAnn']

describe('the hash of the contents of a table', () => {
  test('is the same in whatever order the rows come', () => {
    expect(hashOf(rows.toReversed())).toBe(hashOf(rows))
  })

  test('is the same in whatever order the columns come, since inheritance may change it', () => {
    const turned = rows.map((row) => row.split('\t').toReversed().join('\t'))
    expect(hashOf(turned, '"name", id')).toBe(hashOf(rows))
  })

  test.each([1, 2, 3, 7, 64])('is the same when the dump comes in chunks of %s bytes', (chunkBytes) => {
    expect(hashOf(rows, 'id, name', chunkBytes)).toBe(hashOf(rows))
  })

  test.each([
    ['one letter differs', ['1\tAda', '2\tGrade', '3\t\\N', '4\tMary\\tAnn']],
    ['two rows swapped a value', ['1\tGrace', '2\tAda', '3\t\\N', '4\tMary\\tAnn']],
    ['two columns of a row swapped their values', ['Ada\t1', '2\tGrace', '3\t\\N', '4\tMary\\tAnn']],
    ['a NULL became the empty text', ['1\tAda', '2\tGrace', '3\t', '4\tMary\\tAnn']],
    ['one row stands for another', ['1\tAda', '1\tAda', '3\t\\N', '4\tMary\\tAnn']],
    ['a letter moved from one column to the next', ['1A\tda', '2\tGrace', '3\t\\N', '4\tMary\\tAnn']],
  ])('differs when %s', (_what, changed) => {
    expect(hashOf(changed)).not.toBe(hashOf(rows))
  })

  test('tells 20,000 tables of one row apart', () => {
    const reader = new SqlDumpReader({hash: 'rows-2'})
    const tables = Array.from({length: 20_000}, (_, index) => `COPY public.t${index} (id, name) FROM stdin;\n${index}\tAda\n\\.\n`)
    reader.push(encoder.encode(tables.join('')))
    expect(new Set(reader.end().contents.tables.map(({hash}) => hash)).size).toBe(20_000)
  })

  test('of an empty table is that of no rows', () => {
    expect(hashOf([])).toBe('0000000000000000')
  })

  test('is left out unless it is asked for', () => {
    const {contents} = readDump('COPY public.customers (id) FROM stdin;\n1\n\\.\n')
    expect(contents).toEqual({tables: [{schema: 'public', name: 'customers', rows: 1}], sequences: [], largeObjects: 0})
  })
})

describe('the hash of large objects', () => {
  const objectHash = (...calls: readonly string[]) => {
    const reader = new SqlDumpReader({hash: 'rows-2'})
    reader.push(encoder.encode(calls.map((call) => `SELECT pg_catalog.${call};\n`).join('')))
    return reader.end().contents.largeObjectHash
  }
  const whole = objectHash("lo_open('7', 131072)", String.raw`lowrite(0, '\x616263')`, 'lo_close(0)')

  test('is the same however the bytes are cut into calls', () => {
    expect(objectHash("lo_open('7', 131072)", String.raw`lowrite(0, '\x61')`, String.raw`lowrite(0, '\x6263')`, 'lo_close(0)')).toBe(whole)
  })

  test('differs when a byte or the number of the object does', () => {
    expect(objectHash("lo_open('7', 131072)", String.raw`lowrite(0, '\x616264')`, 'lo_close(0)')).not.toBe(whole)
    expect(objectHash("lo_open('8', 131072)", String.raw`lowrite(0, '\x616263')`, 'lo_close(0)')).not.toBe(whole)
  })
})
