import {describe, expect, test} from 'vitest'
import {rowHashes, rowReader, RowSum, type RowHashName} from '../../../src/lib/domain/row-hash.ts'
import {SqlDumpReader} from '../../../src/lib/domain/sql-dump.ts'
import {plainDump, readDump} from '../../support/sql-dumps.ts'

const encoder = new TextEncoder()

function read(bytes: Uint8Array, hash: RowHashName, chunkBytes = bytes.length) {
  const reader = new SqlDumpReader({hash})
  for (let start = 0; start < bytes.length; start += chunkBytes) reader.push(bytes.subarray(start, start + chunkBytes))
  return reader.end().contents
}

/** Returns the contents of a script of large objects that is made by these calls. */
const objectHash = (hash: RowHashName, ...calls: readonly string[]) =>
  read(encoder.encode(calls.map((call) => `SELECT pg_catalog.${call};\n`).join('')), hash).largeObjectHash

const rows = ['1\tAda', '2\tGrace', '3\t\\N', '4\tMary\\tAnn', '5\tan eight, and\ra control \u0001 character of nine\u0008\ttoo many']

describe.each(rowHashes)('the hash %s of the contents of a table', (name) => {
  /** Returns the hash of a table with the given header and rows, read in chunks of so many bytes. */
  function hashOf(lines: readonly string[], columns = 'id, name', chunkBytes = 1000): string | undefined {
    const bytes = encoder.encode(`COPY public.customers (${columns}) FROM stdin;\n${lines.map((row) => `${row}\n`).join('')}\\.\n`)
    const {tables} = read(bytes, name, chunkBytes)
    expect(tables[0]!.rows).toBe(lines.length)
    return tables[0]!.hash
  }

  test('is the same in whatever order the rows come', () => {
    expect(hashOf(rows.toReversed())).toBe(hashOf(rows))
  })

  test('is the same in whatever order the columns come, since inheritance may change it', () => {
    const few = rows.slice(0, 4)
    const turned = few.map((row) => row.split('\t').toReversed().join('\t'))
    expect(hashOf(turned, '"name", id')).toBe(hashOf(few))
  })

  test.each([1, 2, 3, 5, 7, 8, 9, 64])('is the same when the dump comes in chunks of %s bytes', (chunkBytes) => {
    expect(hashOf(rows, 'id, name', chunkBytes)).toBe(hashOf(rows))
  })

  test.each([
    ['one letter differs', ['1\tAda', '2\tGrade', '3\t\\N', '4\tMary\\tAnn', rows[4]!]],
    ['two rows swapped a value', ['1\tGrace', '2\tAda', '3\t\\N', '4\tMary\\tAnn', rows[4]!]],
    ['two columns of a row swapped their values', ['Ada\t1', '2\tGrace', '3\t\\N', '4\tMary\\tAnn', rows[4]!]],
    ['a NULL became the empty text', ['1\tAda', '2\tGrace', '3\t', '4\tMary\\tAnn', rows[4]!]],
    ['one row stands for another', ['1\tAda', '1\tAda', '3\t\\N', '4\tMary\\tAnn', rows[4]!]],
    ['a letter moved from one column to the next', ['1A\tda', '2\tGrace', '3\t\\N', '4\tMary\\tAnn', rows[4]!]],
  ])('differs when %s', (_what, changed) => {
    expect(hashOf(changed)).not.toBe(hashOf(rows))
  })

  test('tells 2,000 tables of one row apart', () => {
    const tables = Array.from({length: 2000}, (_, index) => `COPY public.t${index} (id, name) FROM stdin;\n${index}\tAda\n\\.\n`)
    const found = read(encoder.encode(tables.join('')), name).tables
    expect(new Set(found.map(({hash}) => hash)).size).toBe(2000)
  })

  test('of an empty table is that of no rows', () => {
    expect(hashOf([])).toBe('0000000000000000')
  })

  test('of large objects is the same however the bytes are cut into calls', () => {
    const whole = objectHash(name, "lo_open('7', 131072)", String.raw`lowrite(0, '\x616263')`, 'lo_close(0)')
    const parts = [String.raw`lowrite(0, '\x61')`, String.raw`lowrite(0, '\x6263')`]
    expect(objectHash(name, "lo_open('7', 131072)", ...parts, 'lo_close(0)')).toBe(whole)
    expect(objectHash(name, "lo_open('7', 131072)", String.raw`lowrite(0, '\x616264')`, 'lo_close(0)')).not.toBe(whole)
    expect(objectHash(name, "lo_open('8', 131072)", String.raw`lowrite(0, '\x616263')`, 'lo_close(0)')).not.toBe(whole)
  })
})

// Sets that were made have these: whatever changes one of them needs a name of its own.
test.each([
  ['rows-1', ['474d84740fe12065', 'f43466bfdb26077b', '0000000000000000', '8414561c2e6ab0e6', '3846d5a7623a7709']],
  ['rows-2', ['bfb96a468a2ce90d', '81ed23e6f19a9876', '0000000000000000', '0fd917ba25492572', '6c0d2af417382db6']],
] as const)('%s stays what it was when sets were hashed by it', (name, hashes) => {
  const {tables, hashedBy, largeObjectHash} = read(encoder.encode(plainDump), name)
  expect([...tables.map(({hash}) => hash), largeObjectHash]).toEqual(hashes)
  expect(hashedBy).toBe(name)
})

test('no hash is there unless it is asked for', () => {
  const {contents} = readDump('COPY public.customers (id) FROM stdin;\n1\n\\.\n')
  expect(contents).toEqual({tables: [{schema: 'public', name: 'customers', rows: 1}], sequences: [], largeObjects: 0})
})

describe('what is nearly the same', () => {
  const reader = rowReader('rows-2')
  /** Returns the hash of a table with these rows. */
  function hashOf(text: string | Uint8Array, columns = ['id', 'value']): string {
    const sum = new RowSum()
    reader.begin(sum, columns)
    reader.read(typeof text === 'string' ? encoder.encode(text) : text, 0)
    return sum.digest()
  }
  const repeated = (hashes: readonly string[]) => hashes.length - new Set(hashes).size
  const range = (length: number) => Array.from({length}, (_, index) => index)

  /** Returns a row as often as it has bits, each with one of them flipped, but for those that would end a field. */
  function flipped(text: string): Uint8Array[] {
    const row = encoder.encode(text)
    return range(row.length * 8).flatMap((bit) => {
      const copy = row.slice()
      copy[bit >> 3]! ^= 1 << (bit & 7)
      return copy[bit >> 3] === 9 || copy[bit >> 3] === 10 ? [] : [Uint8Array.from([...copy, 10])]
    })
  }
  const vector = `[${range(20)
    .map((each) => (each * 0.0371 - 0.3).toFixed(6))
    .join(',')}]`

  test('a single bit anywhere in a row changes both lanes, as if all had been drawn anew', () => {
    const whole = hashOf(`${vector}\n`, ['value'])
    const hashes = flipped(vector).map((row) => hashOf(row, ['value']))
    for (const lane of [0, 8]) expect(repeated([whole, ...hashes].map((hash) => hash.slice(lane, lane + 8)))).toBe(0)
    const changes = hashes.map((hash) => BigInt(`0x${hash}`) ^ BigInt(`0x${whole}`))
    for (const bit of range(64)) {
      const share = changes.filter((change) => (change >> BigInt(bit)) & 1n).length / changes.length
      expect(Math.abs(share - 0.5), `bit ${bit}`).toBeLessThan(0.08)
    }
  })

  test('two bits anywhere in two blocks make a difference', () => {
    const row = encoder.encode('2024-01-01 00:07\n')
    const hashes = range(128).flatMap((one) =>
      range(one).flatMap((other) => {
        const copy = row.slice()
        copy[one >> 3]! ^= 1 << (one & 7)
        copy[other >> 3]! ^= 1 << (other & 7)
        return copy.subarray(0, 16).some((byte) => byte === 9 || byte === 10) ? [] : [hashOf(copy)]
      }),
    )
    expect(repeated(hashes)).toBe(0)
    expect(hashes.length).toBeGreaterThan(8000)
  })

  test.each([
    ['numbers in a row', (each: number) => `${each}\tpaid`],
    ['numbers whose sum is the same', (each: number) => `${each}\t${2000 - each}`],
    ['values that changed places', (each: number) => `${each % 141}\t${Math.floor(each / 141)}`],
    [
      'swapped digits in a long value',
      (each: number) => `7\t${'0123456789'.repeat(5)}${String(each).padStart(7, '0')}${'9876543210'.repeat(5)}`,
    ],
    ['letters of two kinds', (each: number) => each.toString(2).padStart(13, '0').replace(/^.{6}/, '$&\t').replaceAll('1', 'a')],
  ])('%s', (_what, row) => {
    expect(repeated(range(2000).map((each) => hashOf(`${row(each)}\n`)))).toBe(0)
  })

  test('NULL, nothing, and the same letter any number of times are not the same', () => {
    const lengths = range(70).flatMap((length) => [' '.repeat(length), `0${'0'.repeat(length)}`, `\\N${' '.repeat(length)}`])
    expect(repeated(lengths.map((value) => hashOf(`1\t${value}\n`)))).toBe(0)
  })

  test('a value is another one when it stands a byte further on', () => {
    expect(repeated(range(40).map((place) => hashOf(`1\t${' '.repeat(place)}sixteen letters!${' '.repeat(40 - place)}\n`)))).toBe(0)
  })

  test('blocks that repeat, in every order', () => {
    const orders = range(4096).map((order) =>
      range(12)
        .map((bit) => ((order >> bit) & 1 ? '0.125000' : '0.250000'))
        .join(''),
    )
    expect(repeated(orders.map((value) => hashOf(`1\t${value}\n`)))).toBe(0)
  })

  test('rows among which values moved, however many there are', () => {
    const table = (shift: number) =>
      range(50)
        .map((row) => `${row}\t${(row * 7 + shift) % 50}\n`)
        .join('')
    expect(repeated(range(50).map((shift) => hashOf(table(shift))))).toBe(0)
    // A row twice in place of two others is found, too, and so is one that is missing.
    expect(repeated(range(50).map((row) => hashOf(`${table(0)}${row}\t1\n`)))).toBe(0)
  })
})
