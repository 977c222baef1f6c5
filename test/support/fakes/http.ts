import {abortError, OperatorError} from '../../../src/lib/errors.ts'
import type {Http, HttpReply} from '../../../src/lib/ports.ts'

type Answer = Partial<HttpReply> | 'hangs' | OperatorError

/** A network of known addresses: each answers, fails or hangs as told, and everywhere else nothing listens. */
export class FakeHttp implements Http {
  readonly #answers = new Map<string, Answer>()

  answer(url: string, answer: Answer): this {
    this.#answers.set(url, answer)
    return this
  }

  async get(url: string, {signal}: {timeoutMilliseconds: number; signal?: AbortSignal}): Promise<HttpReply> {
    const answer = this.#answers.get(url) ?? new OperatorError('unreachable', 'Connection refused, nothing listens there.')
    if (answer instanceof OperatorError) throw answer
    if (answer === 'hangs') return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(abortError(signal))))
    return {status: 200, headers: {}, body: '', milliseconds: 4, ...answer}
  }
}
