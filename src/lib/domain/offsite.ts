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

/** Returns when the backup of an id began, which the id is made of; milliseconds since 1970. */
export function startOfId(id: string): number {
  return Date.parse(id.slice(0, 16).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}
