/** Every way a command can end other than well, and the exit code of each. `docs/exit-codes.md` is checked against this table. */
export const exitCodes = {
  warning: 1,
  failed: 2,
  usage: 3,
  bug: 3,
  refused: 4,
  locked: 5,
  incompatible: 6,
  timeout: 7,
  rolledBack: 8,
  notFound: 9,
  unreachable: 10,
  denied: 11,
  noSpace: 12,
  corrupt: 13,
  interrupted: 130,
  terminated: 143,
} as const

export type ErrorKind = keyof typeof exitCodes

export interface ErrorDetails {
  /** What to do next, as a sentence or a command to paste. */
  hint?: string
  /** Further lines that belong to the message, one finding each. */
  details?: readonly string[]
  cause?: unknown
}

/** A failure worded for the operator. Anything else that is thrown is a bug of sparkone. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  readonly kind: ErrorKind
  readonly hint?: string
  readonly details: readonly string[]

  constructor(kind: ErrorKind, message: string, {hint, details = [], cause}: ErrorDetails = {}) {
    super(message, {cause})
    this.kind = kind
    this.details = details
    if (hint !== undefined) this.hint = hint
  }

  get exitCode(): number {
    return exitCodes[this.kind]
  }
}

/** Returns the error that an aborted signal carries: interrupted, terminated or timed out. */
export function abortError(signal: AbortSignal): OperatorError {
  return signal.reason instanceof OperatorError ? signal.reason : new OperatorError('interrupted', 'Interrupted.')
}

/** Returns the same error with further lines. */
export function withDetails(error: OperatorError, more: readonly string[]): OperatorError {
  if (more.length === 0) return error
  const {kind, message, details, hint} = error
  return new OperatorError(kind, message, {details: [...details, ...more], cause: error, ...(hint === undefined ? {} : {hint})})
}

/** Returns the message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
