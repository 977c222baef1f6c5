import type {ApiAfterSwap} from './api-around-swap.ts'
import type {Difference} from './inventory.ts'
import type {Loading} from './restore-jobs.ts'

/** What a finished restore has to say, in the shape that its document and its screen share. Times are seconds. */
export interface RestoreReport {
  /** Id of the backup, or path of the dump. */
  label: string
  database: string
  /** Name of the database that was live before; null when there was none. */
  kept: string | null
  /** Roles that were made, because the server lacked them. */
  roles: readonly string[]
  /** How the API was after the swap; null when nothing was to be done with it. */
  api: ApiAfterSwap | null
  tables: number
  rows: number
  notes: readonly Difference[]
  /** How the archive was loaded; null for plain SQL, and for some tables alone. */
  loading: Loading | null
  /** Age of the restored data; null for dumps of other tools, which do not tell. */
  recoveryPointSeconds: number | null
  seconds: {restore: number; compare: number; swap: number; total: number}
}
