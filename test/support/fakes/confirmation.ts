import {OperatorError} from '../../../src/lib/errors.ts'
import type {Confirmation} from '../../../src/lib/ports.ts'

/** An operator who agrees to everything, or to nothing. */
export class FakeConfirmation implements Confirmation {
  agrees = true
  readonly asked: {question: string; summary: readonly string[]; typed?: string}[] = []
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void = () => {}) {
    this.#tell = tell
  }

  async require(question: string, summary: readonly string[], typed?: string): Promise<void> {
    this.asked.push({question, summary, ...(typed === undefined ? {} : {typed})})
    this.#tell('consent')
    if (!this.agrees) throw new OperatorError('refused', `Not confirmed: ${question}`)
  }
}
