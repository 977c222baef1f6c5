import type {FileHandle} from 'node:fs/promises'
import type {Bytes} from '../../ports.ts'

const readChunk = 128 * 1024

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
    await this.#moreThan(0)
    await using file = await open()
    const shared = passing ? Buffer.allocUnsafeSlow(readChunk) : null
    for (let position = 0; await this.#moreThan(position);) {
      const length = Math.min(readChunk, this.#bytes - position)
      const buffer = shared ?? Buffer.allocUnsafe(length)
      const {bytesRead} = await file.read(buffer, 0, length, position)
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  /** Waits until there is more than `position`, and returns whether there will be. */
  async #moreThan(position: number): Promise<boolean> {
    while (this.#end === 'open' && this.#bytes <= position) await this.#bell.next()
    if (typeof this.#end === 'object') throw this.#end.failure
    return this.#bytes > position
  }
}
