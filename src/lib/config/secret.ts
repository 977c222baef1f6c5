import {inspect} from 'node:util'

const redacted = '[redacted]'

/** A value that prints as `[redacted]` wherever it is shown; only `reveal()` gives it away. */
export class Secret {
  readonly #value: string
  /** Where it was read from, for people: `environment variable DB_PASSWORD`. */
  readonly origin: string

  constructor(value: string, origin: string) {
    this.#value = value
    this.origin = origin
    Object.freeze(this)
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}

/** Names where a secret is kept; reading it is the loader's work. `value` is a literal that holds nothing secret. */
export class SecretReference {
  readonly place: {env: string} | {file: string} | {value: string}

  constructor(place: {env: string} | {file: string} | {value: string}) {
    this.place = place
  }
}
