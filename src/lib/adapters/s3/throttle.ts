import type {Clock} from '../../ports.ts'

const chunkBytes = 64 * 1024
/** How much time lost to a busy machine may be made up for, so that the rate holds on the whole. */
const lagMilliseconds = 500

/** Lets bytes through at a rate that all uploads of one target share. Source: a leaky bucket that starts empty, so no burst comes first. */
export class Throttle {
  readonly #bytesPerSecond: number
  readonly #clock: Clock
  #freeAt: number | null = null

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
  }

  /** Yields the bytes in small pieces, each when its turn has come. */
  async *pace(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
      const chunk = bytes.subarray(offset, offset + chunkBytes)
      const now = this.#clock.elapsed()
      this.#freeAt = Math.max(this.#freeAt ?? now, now - lagMilliseconds) + (chunk.length / this.#bytesPerSecond) * 1000
      // Timers are coarse: what is due within a moment goes at once, and the debt is carried on.
      if (this.#freeAt - now > 5) await this.#clock.sleep(this.#freeAt - now, signal)
      yield chunk
    }
  }
}
