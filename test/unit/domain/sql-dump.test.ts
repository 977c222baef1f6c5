import {describe, expect, test} from 'vitest'
import {parseQualifiedName} from '../../../src/lib/domain/sql-dump.ts'
import {plainDump, readDump} from '../../support/sql-dumps.ts'

const trailer = '--\n-- PostgreSQL database dump complete\n--\n'

describe('a dump as pg_dump writes it', () => {
  test('its rows, sequences and large objects are counted exactly', () => {
    expect(readDump(plainDump).contents).toEqual({
      tables: [
        {schema: 'public', name: 'customers', rows: 4},
        {schema: 'public', name: 'we ird (x) "q" ünï', rows: 1},
        {schema: 'public', name: 'empty', rows: 0},
        {schema: 'public', name: 'without_columns', rows: 2},
      ],
      sequences: [
        {schema: 'public', name: "se q'x", lastValue: '42', isCalled: true},
        {schema: 'public', name: 'customers_id_seq', lastValue: '1', isCalled: false},
      ],
      largeObjects: 1,
    })
  })

  test('it is whole, clean and asks for nothing outside of its database', () => {
    expect(readDump(plainDump)).toMatchObject({closed: true, trailer: true, forbidden: [], hasCarriageReturns: false})
  })

  test('chunks of every size give the same report', () => {
    const bytes = new TextEncoder().encode(plainDump)
    const expected = readDump(bytes)
    for (let size = 1; size <= bytes.length; size += size < 200 ? 1 : 97) expect(readDump(bytes, size)).toEqual(expected)
  })

  test('the rows of a table that is dumped in several blocks add up', () => {
    const block = 'COPY public.orders (id) FROM stdin;\n1\n2\n\\.\n'
    expect(readDump(block + block).contents.tables).toEqual([{schema: 'public', name: 'orders', rows: 4}])
  })
})

describe('a dump that was cut short', () => {
  const lines = plainDump.split('\n')
  const complete = lines.indexOf('-- PostgreSQL database dump complete')

  test('is never taken for whole, whichever line it ends at', () => {
    for (let end = 0; end < complete; end++) {
      const {closed, trailer: seen} = readDump(
        lines
          .slice(0, end)
          .map((line) => `${line}\n`)
          .join(''),
      )
      expect(closed && seen, `cut before line ${end + 1}`).toBe(false)
    }
  })

  test('is never taken for whole, wherever in a line it ends', () => {
    const whole = lines.slice(0, complete + 1).join('\n').length
    for (let end = 0; end < whole; end += 3) {
      const {closed, trailer: seen} = readDump(plainDump.slice(0, end))
      expect(closed && seen, `cut before character ${end}`).toBe(false)
    }
  })

  test('is not closed where it ends inside a table, which psql would not notice', () => {
    const inside = lines.indexOf('1\ttwo\\nlines') + 1
    expect(readDump(lines.slice(0, inside).join('\n')).closed).toBe(false)
  })

  test('a trailer inside a table, a body or a comment is not the end of the dump', () => {
    expect(readDump(`COPY public.t (v) FROM stdin;\n${trailer}`).trailer).toBe(false)
    expect(readDump(`SELECT $$\n${trailer}`).trailer).toBe(false)
    expect(readDump(`/*\n${trailer}`).trailer).toBe(false)
  })
})

describe('a dump that went through a text-mode copy', () => {
  test('is recognised by its carriage returns, and its rows are counted all the same', () => {
    const {hasCarriageReturns, contents} = readDump(plainDump.replaceAll('\n', '\r\n'))
    expect(hasCarriageReturns).toBe(true)
    expect(contents.tables[0]).toEqual({schema: 'public', name: 'customers', rows: 4})
  })

  test('a function body that was written on Windows is no such sign', () => {
    const body = 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\r\nSELECT 1\r\n$$;\n'
    expect(readDump(body).hasCarriageReturns).toBe(false)
  })
})

describe('a script that would reach beyond its database', () => {
  test.each([
    String.raw`\connect other`,
    String.raw`\! rm -rf /`,
    String.raw`\copy t from program 'id'`,
    'CREATE DATABASE other;',
    'DROP DATABASE shop;',
    "ALTER DATABASE shop SET work_mem TO '1GB';",
    'CREATE ROLE intruder SUPERUSER;',
    'ALTER USER shop SUPERUSER;',
    'CREATE USER intruder;',
    "ALTER SYSTEM SET archive_command TO 'x';",
    "CREATE TABLESPACE t LOCATION '/tmp';",
    '  alter role shop superuser;',
  ])('%s is named', (line) => {
    expect(readDump(`${line}\n${trailer}`).forbidden).toEqual([line])
  })

  test.each([
    ['behind a statement', String.raw`SELECT 1; \! id`],
    ['behind an unfinished statement', 'SELECT 1\n\\! id'],
    ['behind a string', String.raw`SELECT 'x' \! id`],
    ['behind a comment', '/* a\n */ \\! id'],
    ['at the end of a line of 70,000 bytes', `SELECT '${'x'.repeat(70_000)}' \\! id`],
  ])('a command to psql %s is found', (_, script) => {
    expect(readDump(script).forbidden).toHaveLength(1)
  })

  test.each([
    ['in a table', 'COPY t (v) FROM stdin;\n\\\\! id\nALTER ROLE x;\n\\.\n'],
    ['in a body', 'DO $$\nALTER ROLE x;\n\\! id\n$$;'],
    ['in a string', "SELECT '\nALTER ROLE x;\n\\! id\n';"],
    ['in a comment', '-- \\! id\n/*\nALTER ROLE x;\n\\! id */'],
    ['in a quoted name', 'SELECT 1 AS "\n\\! id";'],
  ])('the same words %s are data', (_, script) => {
    expect(readDump(script).forbidden).toEqual([])
  })

  test('what pg_dump itself writes is allowed', () => {
    const script =
      "\\restrict abc\nCREATE USER MAPPING FOR x SERVER s;\nALTER USER MAPPING FOR x SERVER s OPTIONS (SET a 'b');\n\\unrestrict abc\n"
    expect(readDump(script).forbidden).toEqual([])
  })

  test('of a thousand such lines a hundred are kept', () => {
    expect(readDump('\\connect x\n'.repeat(1000)).forbidden).toHaveLength(100)
  })
})

describe('a dump made of INSERT statements', () => {
  const rowsOf = (script: string) => readDump(script).contents.tables.map(({name, rows}) => [name, rows])

  test('is counted by its statements', () => {
    const script = String.raw`INSERT INTO public.t VALUES (1, 'a
INSERT INTO public.never VALUES (1);
	(2)');
INSERT INTO public.t (id, "no)te") VALUES (2, 'b');
INSERT INTO public."we ird" (id) OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT DO NOTHING;
INSERT INTO public.without_columns DEFAULT VALUES;
`
    expect(rowsOf(script)).toEqual([
      ['t', 2],
      ['we ird', 1],
      ['without_columns', 1],
    ])
  })

  test('with many rows a statement is counted by its rows', () => {
    const script =
      "INSERT INTO public.t VALUES\n\t(1, 'a\n\t(b'),\n\t(2, 'c');\n\nINSERT INTO public.t VALUES\n\t(3, 'd');\nSELECT\n\t(4);\n"
    expect(rowsOf(script)).toEqual([['t', 3]])
  })

  test('a value of 200,000 bytes does not hide what follows it', () => {
    const value = "it''s; -- $$ /* ".repeat(12_500)
    const script = `INSERT INTO public.t VALUES ('${value}');\nSELECT pg_catalog.setval('public.s', 7, true);\n${trailer}`
    expect(readDump(script)).toMatchObject({closed: true, trailer: true, forbidden: []})
    expect(readDump(script, 1000).contents).toMatchObject({tables: [{name: 't', rows: 1}], sequences: [{name: 's'}]})
  })

  test('a long value of two-byte letters is read whole', () => {
    const script = `INSERT INTO t VALUES ('${'é'.repeat(40_000)}''${'é'.repeat(40_000)}');\n${trailer}`
    expect(readDump(script)).toMatchObject({closed: true, trailer: true})
  })

  test('whatever part of it a quote falls into, it is seen', () => {
    for (let length = 65_500; length < 65_560; length++) {
      const script = `INSERT INTO t VALUES (E'${'x'.repeat(length)}\\'', $a$ $a$);\n${trailer}`
      expect(readDump(script), `${length} bytes`).toMatchObject({closed: true, trailer: true})
    }
  })
})

test.each([
  ['public.orders', {schema: 'public', name: 'orders'}],
  ['orders', {schema: '', name: 'orders'}],
  ['"my schema"."my.table"', {schema: 'my schema', name: 'my.table'}],
  ['public."say ""hi"""', {schema: 'public', name: 'say "hi"'}],
])('the name %s is understood', (text, name) => {
  expect(parseQualifiedName(text)).toEqual(name)
})
