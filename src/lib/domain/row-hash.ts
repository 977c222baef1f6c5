const tab = 9
/** Of two lanes, 32 bits each: chance makes two tables with the same number of rows alike once in 2^64. */
const laneSeeds = [0x243f6a88, 0x85a308d3] as const
const firstFactor = 0x01000193
const secondFactor = 0x9e3779b1

/**
 * Hashes rows of COPY's text format, in chunks of any size, so that neither the order of rows nor that of columns matters: a table that inherits
 * may get its columns in another order when it is restored. It finds accidents and not forgers; against those stands the checksum of the file.
 */
export class RowHash {
  /** Two for each column, then two for whatever comes after the last. */
  #seeds = new Int32Array(laneSeeds)
  #column = 0
  readonly #field = new Int32Array(2)
  readonly #row = new Int32Array(2)
  readonly #sum = new Int32Array(2)

  /** Begins a block of rows with these columns. */
  begin(columns: readonly string[]): void {
    this.#seeds = new Int32Array([...columns.flatMap(seedsOf), ...laneSeeds])
    this.#startRow()
  }

  update(chunk: Uint8Array, start: number, end: number): void {
    let first = this.#field[0]!
    let second = this.#field[1]!
    for (let index = start; index < end; index += 1) {
      const byte = chunk[index]!
      if (byte === tab) {
        this.#endField(first, second)
        first = this.#field[0]!
        second = this.#field[1]!
      } else {
        first = Math.imul(first ^ byte, firstFactor)
        first = (first << 13) | (first >>> 19)
        second = Math.imul(second + byte, secondFactor)
        second = (second << 17) | (second >>> 15)
      }
    }
    this.#field[0] = first
    this.#field[1] = second
  }

  endRow(): void {
    this.#endField(this.#field[0]!, this.#field[1]!)
    // Mixed once more, so that values which changed places between two rows do not cancel out.
    this.#sum[0] = this.#sum[0]! + mix(this.#row[0]!)
    this.#sum[1] = this.#sum[1]! + mix(this.#row[1]!)
    this.#startRow()
  }

  /** Returns the hash of all rows that ended, as 16 hexadecimal characters. */
  digest(): string {
    return [...this.#sum].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #startRow(): void {
    this.#row[0] = 0
    this.#row[1] = 0
    this.#column = 0
    this.#startField()
  }

  #startField(): void {
    const at = Math.min(this.#column * 2, this.#seeds.length - 2)
    this.#field[0] = this.#seeds[at]!
    this.#field[1] = this.#seeds[at + 1]!
  }

  #endField(first: number, second: number): void {
    this.#row[0] = this.#row[0]! + mix(first)
    this.#row[1] = this.#row[1]! + mix(second)
    this.#column += 1
    this.#startField()
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

/** The last step of MurmurHash3: every bit of the result depends on every bit of the input. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
