import type {FileHandle} from 'node:fs/promises'
import type {Bytes} from '../../ports.ts'

const readChunk = 128 * 1024
/** For who copies, and is in no hurry: few large pieces cost less than many small ones. */
const passingChunk = 512 * 1024

/** Wakes everyone who waits, each time it rings. */
export class Bell {
  #rung = Promise.withResolvers<void>()

  next(): Promise<void> {
    return this.#rung.promise
  }

  ring(): void {
    this.#rung.resolve()
    this.#rung = Promise.withResolvers()
  }
}

/** A file that is being written, for those who read behind the writer, each at a pace of its own. */
export class GrowingFile {
  #bytes = 0
  #end: 'open' | 'whole' | {failure: unknown} = 'open'
  readonly #bell = new Bell()

  grew(bytes: number): void {
    this.#bytes = bytes
    this.#bell.ring()
  }

  /** No more will be written: it is whole, or writing failed. */
  end(failure?: unknown): void {
    this.#end = failure === undefined ? 'whole' : {failure}
    this.#bell.ring()
  }

  /**
   * Streams what is written until it is whole. Throws what made writing fail. With `passing` each chunk holds only until the next is asked for, since all come in
   * the same piece of memory.
   */
  async *read(open: () => Promise<FileHandle>, {passing = false} = {}): Bytes {
    await this.#has(0, 1)
    await using file = await open()
    const shared = passing ? Buffer.allocUnsafeSlow(passingChunk) : null
    const most = passing ? passingChunk : readChunk
    for (let position = 0; await this.#has(position, passing ? most : 1);) {
      const length = Math.min(most, this.#bytes - position)
      const buffer = shared ?? Buffer.allocUnsafe(length)
      const {bytesRead} = await file.read(buffer, 0, length, position)
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  /** Waits until there are so many bytes behind `position`, or the file is whole, and returns whether there are any. */
  async #has(position: number, bytes: number): Promise<boolean> {
    while (this.#end === 'open' && this.#bytes < position + bytes) await this.#bell.next()
    if (typeof this.#end === 'object') throw this.#end.failure
    return this.#bytes > position
  }
}
