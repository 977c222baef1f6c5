import type {HookRules} from './hooks.ts'

/** What a release must show before it counts, as the configuration says. Times are in milliseconds. */
export interface ReleaseRules {
  gate: {successes: number; intervalMilliseconds: number; limitMilliseconds: number}
  /** What a proxy is given that cannot be asked. */
  settleMilliseconds: number
  /** How long one that is asked may take. */
  proxyLimitMilliseconds: number
  soak: SoakRules
  backupMaxAgeMilliseconds: number
  schema: {table: string; unknown: 'breaking' | 'compatible'; limitMilliseconds: number}
  hooks: HookRules
  /** Around the backup that a release takes. */
  backupHooks: HookRules
  /** Where the API is asked, through its proxy; null where that is not known. */
  apiUrl: string | null
  prometheusUrl: string | null
}

export interface SoakRules {
  durationMilliseconds: number
  intervalMilliseconds: number
  /** How many answers in a row must fail. */
  failures: number
  /** By how much the share of errors may grow, 0 to 1. */
  errors: number
  /** By which factor p95 may grow. */
  slowdown: number
  /** Seconds up to which p95 is fine whatever it was before. */
  acceptableSeconds: number
  errorsQuery: string
  p95Query: string
}

/** How the API did over a length of time; null where nothing tells. */
export interface Performance {
  /** Share of requests that ended in an error, 0 to 1. */
  errors: number | null
  /** Seconds that 95 % of the requests stayed under. */
  p95Seconds: number | null
}

/** Returns in what a release does worse than the one before, or null; what is not known before or after is not compared. */
export function worseThan(before: Performance, after: Performance, {errors, slowdown, acceptableSeconds}: SoakRules): string | null {
  if (before.errors !== null && after.errors !== null && after.errors > before.errors + errors) {
    return `${percent(after.errors)} of the requests fail, before it were ${percent(before.errors)}`
  }
  if (before.p95Seconds === null || after.p95Seconds === null) return null
  if (after.p95Seconds <= Math.max(acceptableSeconds, before.p95Seconds * slowdown)) return null
  return `p95 is ${milliseconds(after.p95Seconds)}, before it was ${milliseconds(before.p95Seconds)}`
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`
}
