/** One line of the journal. A change writes `intent` before it acts and `outcome` after. */
export interface JournalEntry {
  at: string
  run: string
  command: string
  phase: 'intent' | 'outcome'
  project: string
  environment: string
  actor: string
  /** What was planned, or how it ended; never a secret. */
  detail: Readonly<Record<string, unknown>>
}
