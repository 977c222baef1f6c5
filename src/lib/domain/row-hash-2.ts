import type {RowReader, RowSum} from './row-hash.ts'
import {mix} from './row-mixing.ts'

const tab = 9
const newline = 10
/** `\.` and `\.` with a carriage return, as the first word of a line. */
const endLine = 0x2e5c
const endLineWithReturn = 0x0d2e5c
const blockBytes = 8
const bufferBytes = 65_536
/** Follows what is in the buffer, so that a block can be read where less is left: no byte of it ends a field. */
const padding = 255
/** Taken off each byte of a word, it tells whether one is below 11: a tab, a newline, or a control character that values may have. */
const elevens = 0x0b0b0b0b
const highBits = 0x80808080
/** What is a field's own of the two words of a block, by how many bytes are. */
const lowMasks = new Int32Array([0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1])
const highMasks = new Int32Array([0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1])
const laneSeeds = [0x243f6a88, 0x85a308d3] as const

/**
 * The hash `rows-2`, 8 bytes at a time: the rounds of MurmurHash3 over two lanes that feed each other, so that what differs in one half
 * of a block differs in both lanes. Each field is hashed by itself and begins from the name of its column; the fields of a row are summed, and mixed once more.
 */
export class SecondRowReader implements RowReader {
  ended = false
  hasCarriageReturn = false
  #sum: RowSum | null = null
  /** Two for each column, then two for whatever comes after the last. */
  #seeds = new Int32Array(laneSeeds)
  /** Where in the seeds the column has its own. */
  #column = 0
  readonly #bytes = new Uint8Array(bufferBytes + blockBytes)
  readonly #view = new DataView(this.#bytes.buffer)
  /** Bytes at the beginning of the buffer: a block at most, of a field whose end has not come. */
  #held = 0
  /** Blocks of this field went by already. */
  #goesOn = false
  readonly #field = new Int32Array(2)
  readonly #row = new Int32Array(2)

  begin(sum: RowSum, columns: readonly string[]): void {
    this.ended = false
    this.#sum = sum
    this.#seeds = new Int32Array([...columns.flatMap(seedsOf), ...laneSeeds])
    this.#column = 0
    this.#held = 0
    this.#goesOn = false
    this.#row.fill(0)
    this.#field.set(this.#seeds.subarray(0, 2))
  }

  read(chunk: Uint8Array, start: number): number {
    let position = start
    while (position < chunk.length && !this.ended) {
      const held = this.#held
      const part = chunk.subarray(position, position + bufferBytes - held)
      this.#bytes.set(part, held)
      const end = held + part.length
      this.#bytes.fill(padding, end, end + blockBytes)
      const stop = this.#readFields(end)
      // What is held has no end of a line, so a block of rows always ends in the chunk.
      position += this.ended ? stop - held : part.length
      this.#held = end - stop
      this.#bytes.copyWithin(0, stop, end)
    }
    return position
  }

  /** Reads every field that ends before `end`, or before the end of the block of rows. Returns where what is left begins. */
  #readFields(end: number): number {
    const [view, field, seeds, row] = [this.#view, this.#field, this.#seeds, this.#row]
    let first = field[0]!
    let second = field[1]!
    let position = 0
    // No row that ends the block begins where a part of it went by.
    let begin = this.#goesOn ? -1 : 0
    while (!this.ended) {
      let low = view.getInt32(position, true)
      let high = view.getInt32(position + 4, true)
      while (((((low - elevens) & ~low) | ((high - elevens) & ~high)) & highBits) === 0 && position + blockBytes < end) {
        first = absorbFirst(first, second, low)
        second = absorbSecond(second, first, high)
        position += blockBytes
        low = view.getInt32(position, true)
        high = view.getInt32(position + 4, true)
      }
      const length = this.#lengthAt(position, low, high)
      if (position + length >= end) break
      low &= lowMasks[length]!
      first = absorbFirst(first, second, low)
      second = absorbSecond(second, first, high & highMasks[length]!)
      position += length
      if (length === blockBytes) continue
      const mixed = mix((first + second) ^ length)
      row[0]! += mixed
      row[1]! += mix(second + mixed)
      if (this.#bytes[position] === newline) this.#endRow(this.#column === 0 && position - length === begin ? low : 0)
      else this.#column = Math.min(this.#column + 2, seeds.length - 2)
      first = seeds[this.#column]!
      second = seeds[this.#column + 1]!
      position += 1
      begin = position
    }
    field[0] = first
    field[1] = second
    this.#goesOn = begin < position
    return position
  }

  /** Where the field ends in a block, or `blockBytes`. */
  #lengthAt(position: number, low: number, high: number): number {
    const marks = (low - elevens) & ~low & highBits
    const length = marks === 0 ? 4 + firstMark((high - elevens) & ~high & highBits) : firstMark(marks)
    return length === blockBytes || this.#bytes[position + length]! >= tab ? length : this.#lengthByBytes(position)
  }

  /** The same where a value has control characters. */
  #lengthByBytes(position: number): number {
    const found = this.#bytes.subarray(position, position + blockBytes).findIndex((byte) => byte === tab || byte === newline)
    return found === -1 ? blockBytes : found
  }

  /** `begin` is the first word of a row that has but one field and one block. */
  #endRow(begin: number): void {
    this.hasCarriageReturn = begin === endLineWithReturn
    this.ended = begin === endLine || this.hasCarriageReturn
    // Mixed once more, so that values which changed places between two rows do not cancel out.
    const mixed = mix(this.#row[0]! + Math.imul(this.#row[1]!, 5))
    if (!this.ended) this.#sum?.add(mixed, mix(this.#row[1]! + mixed))
    this.#row[0] = 0
    this.#row[1] = 0
    this.#column = 0
  }
}

/** Returns the place of the lowest byte that is marked; 4 where none is. */
function firstMark(marks: number): number {
  return (32 - Math.clz32(~marks & (marks - 1))) >>> 3
}

function absorbFirst(first: number, second: number, word: number): number {
  const mixed = Math.imul(word, 0x239b961b)
  const lane = first ^ Math.imul((mixed << 15) | (mixed >>> 17), 0xab0e9789)
  return (Math.imul((((lane << 19) | (lane >>> 13)) + second) | 0, 5) + 0x561ccd1b) | 0
}

function absorbSecond(second: number, first: number, word: number): number {
  const mixed = Math.imul(word, 0x38b34ae5)
  const lane = second ^ Math.imul((mixed << 16) | (mixed >>> 16), 0xa1e38b93)
  return (Math.imul((((lane << 17) | (lane >>> 15)) + first) | 0, 5) + 0x0bcaa747) | 0
}

/** Each column begins from its name, so that two values of one row cannot change places unnoticed. */
function seedsOf(name: string): [number, number] {
  let [first, second]: [number, number] = [laneSeeds[0], laneSeeds[1]]
  for (const byte of new TextEncoder().encode(name)) {
    first = absorbFirst(first, second, byte)
    second = absorbSecond(second, first, byte)
  }
  const mixed = mix((first + second) | 0)
  return [mixed, mix((second + mixed) | 0)]
}
