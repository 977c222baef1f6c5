import {partsInFlight} from '../../domain/part-sizes.ts'

/** The parts of one copy that are on their way to the store, of however many uploads: together they hold little more memory than one alone would. */
export class Traffic {
  readonly #concurrency: number
  readonly #onTheWay = new Set<Promise<void>>()
  /** What has been sent, so that memory does not wait to be collected. */
  readonly #free: PartBuffer[] = []
  #uploads = 0

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Counts an upload for as long as `work` takes: it fills a part of its own, which others then cannot have on their way. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#uploads += 1
    try {
      return await work()
    } finally {
      this.#uploads -= 1
    }
  }

  /** Returns a buffer to fill: one that has been sent, where there is one. */
  buffer(bytes: number): PartBuffer {
    const used = this.#free.pop()
    if (used?.capacity !== bytes) return new PartBuffer(bytes)
    used.empty()
    return used
  }

  /** Takes a buffer back that nobody reads any more. */
  giveBack(part: PartBuffer): void {
    this.#free.push(part)
  }

  /** Returns what is in a buffer, and takes that back. */
  copied(part: PartBuffer): Uint8Array {
    this.giveBack(part)
    return Uint8Array.from(part.contents())
  }

  /** Takes in a part that is being sent, which must not fail, and returns as soon as the next one, of `bytes` bytes, may be filled. */
  async add(sending: Promise<void>, bytes: number): Promise<void> {
    this.#onTheWay.add(sending)
    void sending.finally(() => this.#onTheWay.delete(sending))
    while (this.#onTheWay.size >= this.#most(bytes)) await Promise.race(this.#onTheWay)
  }

  // Two at least, so that the way to a store far away is never empty.
  #most(bytes: number): number {
    const alone = partsInFlight(bytes, this.#concurrency)
    return Math.max(Math.min(alone, 2), alone + 1 - this.#uploads)
  }
}

/** One part, while it is filled and on its way. */
export class PartBuffer {
  readonly #buffer: Buffer
  #length = 0

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  get capacity(): number {
    return this.#buffer.length
  }

  get isFull(): boolean {
    return this.#length === this.#buffer.length
  }

  /** Takes what fits of the chunk from `offset` on and returns how much that was. */
  fill(chunk: Uint8Array, offset: number): number {
    const taken = Math.min(chunk.length - offset, this.#buffer.length - this.#length)
    this.#buffer.set(chunk.subarray(offset, offset + taken), this.#length)
    this.#length += taken
    return taken
  }

  empty(): void {
    this.#length = 0
  }

  contents(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}
