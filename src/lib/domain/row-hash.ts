import {FirstRowReader} from './row-hash-1.ts'
import {SecondRowReader} from './row-hash-2.ts'

/** Ways to hash rows, oldest first; a manifest names the one that its hashes were made by. */
export const rowHashes = ['rows-1', 'rows-2'] as const

export type RowHashName = (typeof rowHashes)[number]

/** What new backups are hashed by. */
export const newestRowHash: RowHashName = 'rows-2'

/** What manifests were hashed by that do not name it. */
export const unnamedRowHash: RowHashName = 'rows-1'

/** Whether a hash is one that this version can take. */
export function isRowHash(name: string): name is RowHashName {
  return (rowHashes as readonly string[]).includes(name)
}

/** How many rows went by, and the sum of their hashes: two lanes of 32 bits, so that chance makes two tables with as many rows alike once in 2^64. */
export class RowSum {
  rows = 0
  readonly #lanes = new Int32Array(2)

  add(first: number, second: number): void {
    this.rows += 1
    this.#lanes[0]! += first
    this.#lanes[1]! += second
  }

  /** Returns the hash of all rows, as 16 hexadecimal characters. */
  digest(): string {
    return [...this.#lanes].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

/**
 * Counts and hashes rows of COPY's text format, in chunks of any size, so that neither the order of rows nor that of columns matters: a table that inherits
 * may get its columns in another order when it is restored. It finds accidents and not forgers; against those stands the checksum of the file.
 */
export interface RowReader {
  /** The line that ends a block (`\.`) was read. */
  readonly ended: boolean
  /** A carriage return was in that line, as after a copy in text mode. */
  readonly hasCarriageReturn: boolean
  /** Begins a block of rows with these columns. */
  begin(sum: RowSum, columns: readonly string[]): void
  /** Reads rows from `start` on. Returns where the block ended, or the length of the chunk. */
  read(chunk: Uint8Array, start: number): number
}

/** Returns a reader of rows that hashes by the named way. */
export function rowReader(name: RowHashName): RowReader {
  return name === 'rows-1' ? new FirstRowReader() : new SecondRowReader()
}
