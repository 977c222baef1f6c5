import type {Clock} from '../../ports.ts'

const chunkBytes = 64 * 1024

/** Lets bytes through at a rate that all uploads of one target share. Source: a leaky bucket that starts empty, so no burst comes first. */
export class Throttle {
  readonly #bytesPerSecond: number
  readonly #clock: Clock
  #freeAt = 0

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
  }

  /** Yields the bytes in small pieces, each when its turn has come. */
  async *pace(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
      const chunk = bytes.subarray(offset, offset + chunkBytes)
      const now = this.#clock.elapsed()
      this.#freeAt = Math.max(this.#freeAt, now) + (chunk.length / this.#bytesPerSecond) * 1000
      // Timers are coarse: what is due within a moment goes at once, and the debt is carried on.
      if (this.#freeAt - now > 5) await this.#clock.sleep(this.#freeAt - now, signal)
      yield chunk
    }
  }
}
