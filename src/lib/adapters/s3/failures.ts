import {OperatorError} from '../../errors.ts'

/** What is known of an error that a request ended with. */
interface Failure {
  name?: string
  message?: string
  code?: string
  $metadata?: {httpStatusCode?: number}
  $response?: {headers?: Record<string, string>}
}

const passing = new Set([
  'SlowDown',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'InternalError',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'OperationAborted',
  'IncompleteBody',
])

const network = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|ERR_STREAM_PREMATURE_CLOSE|ABORT_ERR|HPE_)/

/** Something the store answered that cannot be right, though it called it a success. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** Returns the HTTP status of an answer that was an error, or null. */
export function statusOf(error: unknown): number | null {
  return (error as Failure).$metadata?.httpStatusCode ?? null
}

/** Returns whether the same request may succeed when it is sent again. */
export function mayPass(error: unknown): boolean {
  if (error instanceof OperatorError) return false
  if (error instanceof WrongAnswer) return true
  const status = statusOf(error) ?? 0
  return passing.has((error as Failure).name ?? '') || status >= 500 || status === 429 || isNetwork(error) || isCut(error)
}

/** Returns the milliseconds that the store asks to wait, or null. */
export function retryAfter(error: unknown): number | null {
  const seconds = Number((error as Failure).$response?.headers?.['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : null
}

/** Returns the error worded for the operator; `what` was tried, at `location`. */
export function explained(error: unknown, what: string, location: string): OperatorError {
  if (error instanceof OperatorError) return error
  const {name = '', message = ''} = error as Failure
  const words = wordsFor(error, location)
  if (words)
    return new OperatorError(words.kind, `${words.message.replace(/\.$/, '')} (asked to ${what}).`, {hint: words.hint, cause: error})
  const said = [name, message].filter((part) => part !== '' && part !== 'Error').join(': ')
  return new OperatorError('failed', `${location} did not ${what}: ${said}.`, {
    hint: 'sparkone sync tries again and sends only what is missing.',
    cause: error,
  })
}

type Words = {kind: OperatorError['kind']; message: string; hint: string}

/** What the store's errors mean, the first that fits. */
const meanings: readonly {fits(name: string, error: unknown): boolean; words(location: string, said: string): Words}[] = [
  {
    fits: (name) => name === 'RequestTimeTooSkewed',
    words: (location) => ({
      kind: 'denied',
      message: `${location} refuses requests because the clock of this machine is wrong.`,
      hint: 'Set the clock: timedatectl set-ntp true, then compare date -u.',
    }),
  },
  {
    fits: (name) => name === 'NoSuchBucket',
    words: (location) => ({
      kind: 'notFound',
      message: `${location} names a bucket that does not exist.`,
      hint: 'Make it, or correct bucket and endpoint under backup.offsite.',
    }),
  },
  {
    fits: (name, error) => /QuotaExceeded|StorageFull|InsufficientStorage/.test(name) || statusOf(error) === 507,
    words: (location) => ({
      kind: 'noSpace',
      message: `${location} has no space left.`,
      hint: 'Raise the quota, or remove old copies there.',
    }),
  },
  {
    fits: (name) => name === 'CredentialsProviderError',
    words: (location) => ({
      kind: 'denied',
      message: `There are no keys for ${location}.`,
      hint: 'Set accessKeyId and secretAccessKey under backup.offsite, as references.',
    }),
  },
  {
    fits: (name) => name === 'InvalidObjectState',
    words: (location) => ({
      kind: 'unreachable',
      message: `${location} keeps this in a class that cannot be read at once.`,
      hint: 'Have the store bring it back (aws s3api restore-object), then try again; or use another backup: sparkone restore --list',
    }),
  },
  {
    fits: (_name, error) => statusOf(error) === 403 || statusOf(error) === 401,
    words: (location, said) => ({
      kind: 'denied',
      message: `${location} refuses: ${said}.`,
      hint: 'Check the keys, and what they are allowed: to list the bucket, to put objects, to list and end uploads.',
    }),
  },
  {
    fits: (name, error) => isNetwork(error) || name === 'TimeoutError',
    words: (location, said) => ({
      kind: 'unreachable',
      message: `${location} cannot be reached: ${said}.`,
      hint: 'Check endpoint and network; sparkone sync finishes the copy later.',
    }),
  },
]

function wordsFor(error: unknown, location: string): Words | null {
  const {name = '', message = ''} = error as Failure
  const meaning = meanings.find(({fits}) => fits(name, error))
  return meaning?.words(location, shortened(message) || name) ?? null
}

function isNetwork(error: unknown): boolean {
  const {code = '', message = ''} = error as Failure
  return network.test(code) || /socket hang up|aborted|premature close/i.test(message)
}

/** A body that ended too early cannot be parsed; the answer itself may have been a success. */
function isCut(error: unknown): boolean {
  const {message = ''} = error as Failure
  return /deserializ|unclosed|unexpected end|Unexpected token|XML/i.test(message) && (statusOf(error) ?? 200) < 300
}

function shortened(text: string): string {
  const line = text.split('\n')[0]!.replace(/\.$/, '')
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}
