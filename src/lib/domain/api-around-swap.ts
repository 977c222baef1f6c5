/** What happens to the API while the database is swapped. */
export interface ApiAroundSwap {
  /** The service to act on; null: it is left to itself. */
  service: {name: string; action: 'restart' | 'stop'} | null
  /** The database is made read-only, and its sessions are ended, while the backup is restored and proven; the swap ends that. */
  readOnly: boolean
  /** Programs to run before and after the swap. */
  before: readonly string[] | null
  after: readonly string[] | null
  /** Where it must answer with 200 afterwards. */
  url: string | null
  limitMilliseconds: number
}

/** How the API was after the swap. */
export interface ApiAfterSwap {
  /** What was done, for example `api restarted`. */
  done: string
  healthy: boolean
  /** Why it is not healthy; null when it is. */
  problem: string | null
}
