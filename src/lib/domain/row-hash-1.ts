import type {RowReader, RowSum} from './row-hash.ts'
import {mix} from './row-mixing.ts'

const tab = 9
const newline = 10
/** `\.` and `\.` with a carriage return, as the first bytes of a line. */
const endLine = 0x5c2e
const endLineWithReturn = 0x5c2e0d
const laneSeeds = [0x243f6a88, 0x85a308d3] as const
const firstFactor = 0x01000193
const secondFactor = 0x9e3779b1

/** The hash `rows-1`, a byte at a time: that of the sets made before there were names. */
export class FirstRowReader implements RowReader {
  ended = false
  hasCarriageReturn = false
  #sum: RowSum | null = null
  /** Two for each column, then two for whatever comes after the last. */
  #seeds = new Int32Array(laneSeeds)
  #column = 0
  /** The first bytes of the line, as one number, and how many there were. */
  #begin = 0
  #length = 0
  readonly #field = new Int32Array(2)
  readonly #row = new Int32Array(2)

  begin(sum: RowSum, columns: readonly string[]): void {
    this.ended = false
    this.#sum = sum
    this.#seeds = new Int32Array([...columns.flatMap(seedsOf), ...laneSeeds])
    this.#startRow()
  }

  read(chunk: Uint8Array, start: number): number {
    for (let index = start; index < chunk.length; index += 1) {
      const byte = chunk[index]!
      if (byte === newline) this.#endRow()
      else if (byte === tab) this.#endField()
      else this.#add(byte)
      if (this.ended) return index + 1
      if (byte !== newline && this.#length++ < 3) this.#begin = (this.#begin << 8) | byte
    }
    return chunk.length
  }

  #add(byte: number): void {
    const first = Math.imul(this.#field[0]! ^ byte, firstFactor)
    const second = Math.imul(this.#field[1]! + byte, secondFactor)
    this.#field[0] = (first << 13) | (first >>> 19)
    this.#field[1] = (second << 17) | (second >>> 15)
  }

  #endField(): void {
    this.#row[0]! += mix(this.#field[0]!)
    this.#row[1]! += mix(this.#field[1]!)
    this.#column += 1
    this.#startField()
  }

  #endRow(): void {
    this.hasCarriageReturn = this.#length === 3 && this.#begin === endLineWithReturn
    this.ended = this.hasCarriageReturn || (this.#length === 2 && this.#begin === endLine)
    this.#endField()
    // Mixed once more, so that values which changed places between two rows do not cancel out.
    if (!this.ended) this.#sum?.add(mix(this.#row[0]!), mix(this.#row[1]!))
    this.#startRow()
  }

  #startRow(): void {
    this.#row.fill(0)
    this.#begin = 0
    this.#length = 0
    this.#column = 0
    this.#startField()
  }

  #startField(): void {
    const at = Math.min(this.#column * 2, this.#seeds.length - 2)
    this.#field[0] = this.#seeds[at]!
    this.#field[1] = this.#seeds[at + 1]!
  }
}

/** Each column begins from its name, so that two values of one row cannot change places unnoticed. */
function seedsOf(name: string): [number, number] {
  let [first, second]: [number, number] = [laneSeeds[0], laneSeeds[1]]
  for (const byte of new TextEncoder().encode(name)) {
    first = Math.imul(first ^ byte, firstFactor)
    second = Math.imul(second + byte, secondFactor)
  }
  return [mix(first), mix(second)]
}
