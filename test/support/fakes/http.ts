import {abortError, OperatorError} from '../../../src/lib/errors.ts'
import type {Http, HttpOptions, HttpReply} from '../../../src/lib/ports.ts'

type Answer = Partial<HttpReply> | 'hangs' | OperatorError

/** A network of known addresses: each answers, fails or hangs as told, and everywhere else nothing listens. */
export class FakeHttp implements Http {
  readonly posted: {url: string; body: string}[] = []
  readonly #answers = new Map<string, Answer>()

  answer(url: string, answer: Answer): this {
    this.#answers.set(url, answer)
    return this
  }

  async get(url: string, {signal}: HttpOptions): Promise<HttpReply> {
    const answer = this.#answers.get(url) ?? new OperatorError('unreachable', 'Connection refused, nothing listens there.')
    if (answer instanceof OperatorError) throw answer
    if (answer === 'hangs') return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(abortError(signal))))
    return {status: 200, headers: {}, body: '', milliseconds: 4, ...answer}
  }

  async post(url: string, body: string, options: HttpOptions): Promise<HttpReply> {
    this.posted.push({url, body})
    return this.get(url, options)
  }
}
