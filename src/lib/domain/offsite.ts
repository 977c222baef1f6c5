/** How the copy of one backup at one target went. */
export interface CopyOutcome {
  target: string
  location: string
  /** Body, size, checksum and manifest were confirmed by the store; nothing less is a copy. */
  confirmed: boolean
  bytes: number
  seconds: number
  failure: CopyFailure | null
}

export interface CopyFailure {
  message: string
  hint: string | null
}

/** Returns the outcome in words: `vault: not confirmed, s3://… cannot be reached`. */
export function describeFailedCopy({target, failure}: CopyOutcome): string {
  return `no copy at ${target}: ${failure?.message ?? 'not confirmed'}`
}
