import type {DumpContents, Sequence, TableRows} from './inventory.ts'
import {SqlLexer} from './sql-lexer.ts'

const newline = 10
const carriageReturn = 13
const backslash = 92
const dot = 46
/** More of a line outside COPY data than this is never needed to tell what it is. */
const keptOfLine = 65_536

const copyHeader = /^COPY ((?:"(?:[^"]|"")*"|[^\s"(])+) (?:\(.*\) )?FROM stdin;$/
const sequenceValue = /^SELECT pg_catalog\.setval\('((?:[^']|'')+)', (-?\d+), (true|false)\);$/
const trailer = /^-- PostgreSQL database (?:cluster )?dump complete$/
const allowedCommands = /^\\(?:un)?restrict /
const clusterStatements = /^(?:CREATE|DROP|ALTER) (?:DATABASE|ROLE|USER|TABLESPACE)\b|^ALTER SYSTEM\b/i

/** What reading a script of pg_dump to its end showed. */
export interface DumpReport {
  contents: DumpContents
  /** The last COPY block was closed by its `\.` line. A dump cut anywhere inside a block leaves this false. */
  closed: boolean
  /** The line that pg_dump writes when it is through was there. */
  trailer: boolean
  /** Lines that would reach beyond the database they are restored into: `\connect`, `\!`, ALTER DATABASE, CREATE ROLE, … */
  forbidden: readonly string[]
  hasCarriageReturns: boolean
}

/**
 * Reads the SQL that pg_dump or `pg_restore -f -` writes, in chunks of any size and at constant memory, and counts the rows of each
 * COPY block. Rows are exact: COPY's text format escapes line breaks in values, so each line is one row.
 */
export class SqlDumpReader {
  readonly #lexer = new SqlLexer()
  readonly #decoder = new TextDecoder()
  readonly #tables = new Map<string, TableRows>()
  readonly #sequences: Sequence[] = []
  readonly #forbidden: string[] = []
  #largeObjects = 0
  #copying: TableRows | null = null
  #trailer = false
  #hasCarriageReturns = false
  #line = new Uint8Array(keptOfLine)
  #length = 0

  push(chunk: Uint8Array): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk, start, end)
      this.#endLine()
      start = end + 1
    }
    this.#keep(chunk, start, chunk.length)
  }

  end(): DumpReport {
    if (this.#length > 0) this.#endLine()
    return {
      contents: {tables: [...this.#tables.values()], sequences: this.#sequences, largeObjects: this.#largeObjects},
      closed: this.#copying === null && !this.#lexer.insideQuote,
      trailer: this.#trailer,
      forbidden: this.#forbidden,
      hasCarriageReturns: this.#hasCarriageReturns,
    }
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const limit = this.#copying ? 3 : keptOfLine
    const room = Math.min(end - start, limit - this.#length)
    if (room > 0) this.#line.set(chunk.subarray(start, start + room), this.#length)
    this.#length = Math.min(limit, this.#length + end - start)
  }

  #endLine(): void {
    if (this.#copying) this.#endRow(this.#copying)
    else this.#endStatementLine()
    this.#length = 0
  }

  #endRow(table: TableRows): void {
    const ends = this.#line[0] === backslash && this.#line[1] === dot
    if (ends && this.#length === 2) this.#copying = null
    else if (ends && this.#length === 3 && this.#line[2] === carriageReturn) this.#hasCarriageReturns = true
    else table.rows += 1
  }

  #endStatementLine(): void {
    const text = this.#decoder.decode(this.#line.subarray(0, this.#length))
    if (text.endsWith('\r')) this.#hasCarriageReturns = true
    if (this.#lexer.atStatementStart) this.#statement(text)
    if (!this.#copying && !text.startsWith('\\')) this.#lexer.line(text)
  }

  #statement(text: string): void {
    if (trailer.test(text)) this.#trailer = true
    const copy = copyHeader.exec(text)
    if (copy) this.#copying = this.#table(parseQualifiedName(copy[1] ?? ''))
    const value = sequenceValue.exec(text)
    if (value) this.#sequences.push(toSequence(value))
    if (text.startsWith('SELECT pg_catalog.lo_open(')) this.#largeObjects += 1
    const forbidden = (text.startsWith('\\') && !allowedCommands.test(text)) || clusterStatements.test(text)
    if (forbidden) this.#forbidden.push(text.slice(0, 80))
  }

  #table({schema, name}: {schema: string; name: string}): TableRows {
    const key = JSON.stringify([schema, name])
    const table = this.#tables.get(key) ?? {schema, name, rows: 0}
    this.#tables.set(key, table)
    return table
  }
}

/** Returns schema and name of a qualified SQL name, without quotes; the schema is empty when the name stands alone. */
export function parseQualifiedName(text: string): {schema: string; name: string} {
  const parts = [...text.matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
  const [first = '', second] = parts
  return second === undefined ? {schema: '', name: first} : {schema: first, name: second}
}

function toSequence([, name = '', lastValue = '', isCalled]: RegExpExecArray): Sequence {
  return {...parseQualifiedName(name.replaceAll("''", "'")), lastValue, isCalled: isCalled === 'true'}
}
