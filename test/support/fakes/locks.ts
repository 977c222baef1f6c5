import {OperatorError} from '../../../src/lib/errors.ts'
import type {Locks} from '../../../src/lib/ports.ts'

/** Locks of one process: whoever comes second gets `locked`. */
export class FakeLocks implements Locks {
  readonly held = new Map<string, {command: string; run: string}>()
  /** Why no lock can be had. */
  failing: Error | null = null
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void = () => {}) {
    this.#tell = tell
  }

  sharing(): Record<string, string> {
    return {SPARKONE_WITHIN: [...this.held.values()].map(({run}) => run).join(',')}
  }

  async acquire(name: string, owner: {command: string; run: string}): Promise<AsyncDisposable> {
    if (this.failing) throw this.failing
    const holder = this.held.get(name)
    if (holder) throw new OperatorError('locked', `sparkone ${holder.command} (run ${holder.run}) is still running.`)
    this.held.set(name, owner)
    this.#tell('lock')
    return {
      [Symbol.asyncDispose]: async () => {
        this.held.delete(name)
        this.#tell('release')
      },
    }
  }
}
