/** What is kept about each secret beside the encrypted file: whose it is, and how long it may stay as it is. Days are `YYYY-MM-DD`. */
export interface SecretRegistry {
  fields: readonly SecretField[]
  /** By environment and name of the field; what is not recorded is absent. */
  dates: Readonly<Record<string, Readonly<Record<string, SecretDates>>>>
}

export interface SecretField {
  /** Dotted path in the encrypted file, such as `postgres.password`. */
  name: string
  /** A role, never a person. */
  owner: string
  /** Days after which it is due to be rotated. */
  rotateEveryDays: number
  /** Without it something is turned off, and nothing is broken. */
  optional: boolean
  /** Characters that a real value has at least; the placeholders of the examples have fewer. */
  minimumLength: number
}

export interface SecretDates {
  rotated?: string | undefined
  expires?: string | undefined
}

/** How far ahead an expiry is told of: long enough for two weekly looks, a holiday and a request to somebody else. */
export const warnBeforeExpiryDays = 30

const dayMilliseconds = 86_400_000

/** Returns the day on which the field is due to be rotated; null when it is not known when it last was. */
export function dueOn({rotateEveryDays}: Pick<SecretField, 'rotateEveryDays'>, {rotated}: SecretDates): string | null {
  return rotated === undefined ? null : dayOf(new Date(Date.parse(rotated) + rotateEveryDays * dayMilliseconds))
}

/** Returns whole days from one day to another, negative when it is past. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMilliseconds)
}

/** Returns the day of a moment in UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}
