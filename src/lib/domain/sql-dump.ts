import type {DumpContents, Sequence, TableRows} from './inventory.ts'
import {newestRowHash, RowSum, rowReader, type RowHashName, type RowReader} from './row-hash.ts'
import {SqlLexer} from './sql-lexer.ts'

const newline = 10
const lineEnd = new Uint8Array([newline])
/** Lines outside COPY data are read in parts of this many bytes; whatever is looked for fits into one. */
const partBytes = 65_536
/** More is never shown. */
const forbiddenKept = 100

// Two spaces stand where a table has no columns to copy: none at all, or only generated ones.
const copyHeader = /^COPY ((?:"(?:[^"]|"")*"|[^\s"(])+) (?:\((.*)\))? ?FROM stdin;\r?$/
// One row a statement, or with --rows-per-insert one row a line that follows.
const insertHeader =
  /^INSERT INTO ((?:"(?:[^"]|"")*"|[^\s"(])+) (?:\((?:"(?:[^"]|"")*"|[^")])*\) )?(?:OVERRIDING SYSTEM VALUE )?(?:DEFAULT )?VALUES(.?)/
const sequenceValue = /^SELECT pg_catalog\.setval\('((?:[^']|'')+)', (-?\d+), (true|false)\);$/
const trailer = /^-- PostgreSQL database (?:cluster )?dump complete$/
const largeObjectBegin = /^SELECT pg_catalog\.lo_open\('(\d+)'/
const largeObjectPart = /^SELECT pg_catalog\.lowrite\(0, '\\x([0-9a-f]*)'\);$/
const allowedCommands = /^\\(?:un)?restrict /
const clusterStatements = /^\s*(?:CREATE|DROP|ALTER) (?:DATABASE|ROLE|USER(?! MAPPING)|TABLESPACE|SYSTEM)\b/i

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
  /** Null: nobody asked for hashes. */
  readonly #hash: RowHashName | null
  readonly #rows: RowReader
  readonly #sums = new Map<TableRows, RowSum>()
  /** The table whose rows the lines are. */
  #copying: TableRows | null = null
  /** Of large objects; made once there is one. */
  #objectRows: RowReader | null = null
  readonly #objectSum = new RowSum()
  /** The table whose rows the lines of the open statement are. */
  #inserting: TableRows | null = null
  #trailer = false
  #hasCarriageReturns = false
  #part = new Uint8Array(partBytes)
  #length = 0
  /** The beginning of a line whose first part was read already; null between lines. */
  #lineBegin: string | null = null

  /** With `hash` the contents of tables and large objects are hashed in the named way as they go by. */
  constructor({hash = null}: {hash?: RowHashName | null} = {}) {
    this.#hash = hash
    this.#rows = rowReader(hash ?? newestRowHash)
  }

  push(chunk: Uint8Array): void {
    for (let start = 0; start < chunk.length;) start = this.#copying ? this.#readRows(chunk, start) : this.#readLine(chunk, start)
  }

  end(): DumpReport {
    // A last line that nothing ends is a line.
    if (this.#copying) this.#readRows(lineEnd, 0)
    else if (this.#length > 0 || this.#lineBegin !== null) this.#endLine()
    return {
      contents: this.#contents(),
      closed: this.#copying === null && !this.#lexer.insideQuote,
      trailer: this.#trailer,
      forbidden: this.#forbidden,
      hasCarriageReturns: this.#hasCarriageReturns,
    }
  }

  #contents(): DumpContents {
    const contents = {tables: this.#tableRows(), sequences: this.#sequences, largeObjects: this.#largeObjects}
    return this.#hash ? {...contents, hashedBy: this.#hash, largeObjectHash: this.#objectSum.digest()} : contents
  }

  #tableRows(): TableRows[] {
    return [...this.#tables.values()].map((table) => {
      const sum = this.#sums.get(table)
      if (!sum) return table
      const counted = {...table, rows: table.rows + sum.rows}
      return this.#hash ? {...counted, hash: sum.digest()} : counted
    })
  }

  /** Reads rows up to the end of their block, and returns where that is. */
  #readRows(chunk: Uint8Array, start: number): number {
    const end = this.#rows.read(chunk, start)
    if (this.#rows.ended) {
      this.#hasCarriageReturns ||= this.#rows.hasCarriageReturn
      this.#copying = null
    }
    return end
  }

  /** Reads a line outside COPY data, or what there is of it, and returns where that ends. */
  #readLine(chunk: Uint8Array, start: number): number {
    const end = chunk.indexOf(newline, start)
    this.#keep(chunk, start, end === -1 ? chunk.length : end)
    if (end === -1) return chunk.length
    this.#endLine()
    return end + 1
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    for (let from = start; from < end;) {
      if (this.#length === partBytes) this.#endPart()
      const part = chunk.subarray(from, Math.min(end, from + partBytes - this.#length))
      this.#part.set(part, this.#length)
      this.#length += part.length
      from += part.length
    }
  }

  #endLine(): void {
    this.#endStatementLine()
    this.#length = 0
    this.#lineBegin = null
  }

  /** Reads a part of a long line, so that the quotes in it are seen however long it is. */
  #endPart(): void {
    const text = this.#decoder.decode(this.#part, {stream: true})
    if (this.#lineBegin === null) this.#beginLine(text)
    this.#lineBegin ??= text.slice(0, 80)
    this.#lexer.part(text)
    this.#length = 0
  }

  #endStatementLine(): void {
    const text = this.#decoder.decode(this.#part.subarray(0, this.#length))
    if (this.#lineBegin === null) {
      if (this.#lexer.atStatementStart) this.#statement(text)
      this.#beginLine(text)
    }
    const hasCommand = this.#lexer.line(text)
    const begin = this.#lineBegin ?? text
    if (hasCommand && !allowedCommands.test(begin)) this.#forbid(begin)
    // Inside quotes they are the data's own, as in a function that was written on Windows.
    if (text.endsWith('\r') && !this.#lexer.insideQuote) this.#hasCarriageReturns = true
  }

  #statement(text: string): void {
    if (trailer.test(text)) this.#trailer = true
    const copy = copyHeader.exec(text)
    if (copy) this.#beginCopy(copy[1] ?? '', copy[2] ?? '')
    const value = sequenceValue.exec(text)
    if (value) this.#sequences.push(toSequence(value))
    if (text.startsWith('SELECT pg_catalog.lo')) this.#largeObject(text)
  }

  #beginCopy(name: string, columns: string): void {
    this.#copying = this.#table(parseQualifiedName(name))
    const sum = this.#sums.get(this.#copying) ?? new RowSum()
    this.#sums.set(this.#copying, sum)
    this.#rows.begin(sum, splitNames(columns))
  }

  /** A large object counts as one row, named by its number, however its bytes are cut into calls. */
  #largeObject(text: string): void {
    const begin = largeObjectBegin.exec(text)
    if (begin) this.#largeObjects += 1
    if (!this.#hash) return
    this.#objectRows ??= rowReader(this.#hash)
    if (begin) this.#objectRows.begin(this.#objectSum, [begin[1] ?? ''])
    const part = largeObjectPart.exec(text)
    if (part) this.#objectRows.read(new TextEncoder().encode(part[1]), 0)
    if (text.startsWith('SELECT pg_catalog.lo_close(')) this.#objectRows.read(lineEnd, 0)
  }

  /** Reads what the beginning of a line tells, however long the line is. */
  #beginLine(text: string): void {
    if (this.#lexer.atStatementStart) {
      if (clusterStatements.test(text)) this.#forbid(text)
      this.#beginInsert(insertHeader.exec(text))
    } else if (this.#inserting && !this.#lexer.insideQuote && text.startsWith('\t(')) this.#inserting.rows += 1
  }

  #beginInsert(header: RegExpExecArray | null): void {
    const [, name = '', rest = ''] = header ?? []
    this.#inserting = header && this.#table(parseQualifiedName(name))
    if (this.#inserting && rest !== '') this.#inserting.rows += 1
  }

  #forbid(text: string): void {
    if (this.#forbidden.length < forbiddenKept) this.#forbidden.push(text.slice(0, 80).trimEnd())
  }

  #table({schema, name}: {schema: string; name: string}): TableRows {
    const key = JSON.stringify([schema, name])
    const table = this.#tables.get(key) ?? {schema, name, rows: 0}
    this.#tables.set(key, table)
    return table
  }
}

/** Returns the names of a list of columns, without quotes. */
function splitNames(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
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
