/** What a drill asks of the restored database, in the order in which it asks. */
export interface DrillChecks {
  /** Each query must answer with one value that fits `expect`; see `fits`. */
  queries: readonly {name: string; query: string; expect: string}[]
  /** A program that works on the restored database, and the address at which it must answer with 200; without one it must end with 0. */
  program: {argv: readonly string[]; url: string | null; limitMilliseconds: number} | null
}

/** How soon data must be back, and how much of it may be lost, in seconds. */
export interface Objectives {
  recoveryTimeSeconds: number
  recoveryPointSeconds: number
}

export interface DrillCheck {
  name: string
  expected: string
  actual: string
  passed: boolean
}

/** What a drill showed, as it is kept. Times are ISO 8601. */
export interface DrillReport {
  format: 1
  /** Id of the backup. */
  id: string
  /** Where the backup was taken from. */
  from: string
  startedAt: string
  /** The backup came back, is what was backed up, and everything that was asked of it was answered. */
  passed: boolean
  /** What failed, worst first; empty when it passed. */
  failures: readonly string[]
  checks: readonly DrillCheck[]
  /** Seconds from the beginning until everything was proven; null when that never came. */
  recoveryTimeSeconds: number | null
  /** Age of the backup when the drill began: what a disaster at that moment would have cost. */
  recoveryPointSeconds: number
  objectives: Objectives
  /** It passed, and both times are within the objectives. */
  met: boolean
}

/** Returns whether a value fits an expectation: the value itself, or a comparison of numbers such as `>= 1`. */
export function fits(actual: string, expected: string): boolean {
  const [, operator, limit] = /^(>=|<=|<>|>|<|=)\s*(.*)$/s.exec(expected.trim()) ?? []
  if (operator === undefined || limit === undefined) return actual === expected
  if (operator === '=') return actual === limit
  if (operator === '<>') return actual !== limit
  const [value, bound] = [Number(actual), Number(limit)]
  if (actual.trim() === '' || Number.isNaN(value) || Number.isNaN(bound)) return false
  return {'>=': value >= bound, '<=': value <= bound, '>': value > bound, '<': value < bound}[operator] ?? false
}

/** Returns whether a drill that passed was fast enough, and its backup new enough. */
export function meets(
  {recoveryTimeSeconds, recoveryPointSeconds}: Pick<DrillReport, 'recoveryTimeSeconds' | 'recoveryPointSeconds'>,
  objectives: Objectives,
): boolean {
  if (recoveryTimeSeconds === null) return false
  return recoveryTimeSeconds <= objectives.recoveryTimeSeconds && recoveryPointSeconds <= objectives.recoveryPointSeconds
}
