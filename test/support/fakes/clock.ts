import {abortError} from '../../../src/lib/errors.ts'
import type {Clock} from '../../../src/lib/ports.ts'

/** A clock that stands still until a test moves it. With `sleeping: 'skip'` a sleep moves it on at once, for loops that wait. */
export class FakeClock implements Clock {
  #milliseconds = 0
  #sleepers: {until: number; wake: () => void}[] = []
  readonly #start: Date
  readonly #sleeping: 'wait' | 'skip'

  constructor(start = new Date('2026-11-22T10:00:00Z'), {sleeping = 'wait'}: {sleeping?: 'wait' | 'skip'} = {}) {
    this.#start = start
    this.#sleeping = sleeping
  }

  now(): Date {
    return new Date(this.#start.getTime() + this.#milliseconds)
  }

  elapsed(): number {
    return this.#milliseconds
  }

  /** Moves time on and wakes whoever slept until then. */
  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds
    for (const {until, wake} of this.#sleepers) if (until <= this.#milliseconds) wake()
    this.#sleepers = this.#sleepers.filter(({until}) => until > this.#milliseconds)
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortError(signal))
    if (this.#sleeping === 'skip') return Promise.resolve(this.advance(milliseconds))
    return new Promise((wake, reject) => {
      this.#sleepers.push({until: this.#milliseconds + milliseconds, wake})
      signal?.addEventListener('abort', () => reject(abortError(signal)), {once: true})
    })
  }
}
