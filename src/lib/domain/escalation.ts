/** Who is called when an incident is more than one can handle alone, as it is configured. */
export interface Escalation {
  /** The configuration file; null when there is none. */
  file: string | null
  /** Why the file could not be read. */
  problem: string | null
  /** From the first to the last; none at all when nobody can be reached by any of them. */
  levels: readonly EscalationLevel[]
}

export interface EscalationLevel {
  level: number
  /** As the pages name it. */
  role: string
  contacts: readonly string[]
  /** After the beginning of the incident; null for at once. */
  afterMilliseconds: number | null
}

/** Returns whether a contact is one of the examples, behind which nobody is (RFC 2606). */
export function isExample(contact: string): boolean {
  return /[@./]example\.(?:com|net|org)(?:[/:?#]|$)/i.test(contact)
}
