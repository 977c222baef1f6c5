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

/** Returns the intents that have no outcome and after which nothing else came to its end, oldest first: such a run was killed. */
export function unfinishedRuns(entries: readonly JournalEntry[]): JournalEntry[] {
  const ended = new Set(entries.filter(({phase}) => phase === 'outcome').map(({run}) => run))
  const lastEnd = entries.findLastIndex(({phase}) => phase === 'outcome')
  return entries.filter(({phase, run}, position) => phase === 'intent' && !ended.has(run) && position > lastEnd)
}
