import {S3Client, type S3ClientConfig} from '@aws-sdk/client-s3'
import {abortError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import {explained, mayPass, retryAfter} from './failures.ts'

const firstPause = 250
const longestPause = 20_000
/** Sockets at most; only the manifests of a long listing need that many. */
const sockets = 48

export interface ConnectionOptions {
  endpoint: string | null
  region: string
  pathStyle: boolean
  /** Null: found as the programs of AWS find them. */
  keys: {accessKeyId: string; secretAccessKey: string} | null
  /** How long the store may say nothing. */
  timeoutMilliseconds: number
  attempts: number
  clock: Clock
  signal: AbortSignal
}

/** Sends requests to one store, again where a failure may pass. */
export class Connection {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly #client: S3Client
  readonly #attempts: number
  readonly #location: string
  readonly #options: ConnectionOptions

  constructor(location: string, options: ConnectionOptions, client = new S3Client(clientConfig(options))) {
    this.clock = options.clock
    this.signal = options.signal
    this.#location = location
    this.#attempts = options.attempts
    this.#client = client
    this.#options = options
  }

  /** Returns the same connection for a probe that ends sooner than the run. */
  endedBy(signal: AbortSignal): Connection {
    return new Connection(this.#location, {...this.#options, signal: AbortSignal.any([signal, this.signal])}, this.#client)
  }

  /** Does what `send` does, as often as configured while failures may pass. Throws them worded for the operator; `what` completes "did not …". */
  async run<Output>(what: string, send: (client: S3Client, options: {abortSignal: AbortSignal}) => Promise<Output>): Promise<Output> {
    try {
      return await this.attempt(send)
    } catch (error) {
      throw explained(error, what, this.#location)
    }
  }

  /** As `run`, but throws what the store said. */
  async attempt<Output>(send: (client: S3Client, options: {abortSignal: AbortSignal}) => Promise<Output>): Promise<Output> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.signal.aborted) throw abortError(this.signal)
      try {
        return await send(this.#client, {abortSignal: this.signal})
      } catch (error) {
        if (this.signal.aborted) throw abortError(this.signal)
        if (attempt >= this.#attempts || !mayPass(error)) throw error
        await this.clock.sleep(retryAfter(error) ?? Math.min(longestPause, firstPause * 2 ** (attempt - 1)), this.signal)
      }
    }
  }

  /** Returns the error worded for the operator. */
  explain(error: unknown, what: string): Error {
    return explained(error, what, this.#location)
  }
}

function clientConfig({endpoint, region, pathStyle, keys, timeoutMilliseconds}: ConnectionOptions): S3ClientConfig {
  const agent = {keepAlive: true, maxSockets: sockets}
  return {
    region,
    forcePathStyle: pathStyle,
    ...(endpoint !== null && {endpoint}),
    ...(keys && {credentials: keys}),
    // One place decides what is tried again, and by the clock that tests move.
    maxAttempts: 1,
    // We give each body a checksum of our own; what a store does not know it must not be asked for.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: timeoutMilliseconds,
      socketTimeout: timeoutMilliseconds,
      socketAcquisitionWarningTimeout: 600_000,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
}
