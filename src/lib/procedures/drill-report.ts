import type {Proof} from '../domain/backup-set.ts'
import {meets, type DrillCheck, type DrillReport, type Objectives} from '../domain/drill.ts'
import {OperatorError} from '../errors.ts'
import {describeDifference} from './rehearsal.ts'

export interface DrillSubject {
  /** Of the backup. */
  id: string
  from: string
  now: Date
  objectives: Objectives
  /** What is newer than this was not in what was restored. */
  dataOf: Date
}

export interface DrillOutcome {
  checks: readonly DrillCheck[]
  failures: readonly string[]
  /** Null when it did not come to its end. */
  seconds: number | null
}

/** Returns whether an error says that the backup is of no use. A drill that could not be carried out says nothing of recovery. */
export function isFinding(error: unknown): error is OperatorError {
  return error instanceof OperatorError && ['corrupt', 'incompatible', 'denied', 'failed', 'noSpace'].includes(error.kind)
}

/** Returns what is wrong with the restored database, the worst first. */
export function failuresOf({differences}: Pick<Proof, 'differences'>, checks: readonly DrillCheck[]): string[] {
  return [...differences.filter(({severity}) => severity === 'fatal').map(describeDifference), ...checks.flatMap(failureOf)]
}

/** Returns the report of a drill, both times held against the objectives. */
export function reportOf({id, from, now, objectives, dataOf}: DrillSubject, {checks, failures, seconds}: DrillOutcome): DrillReport {
  const times = {
    recoveryTimeSeconds: seconds === null ? null : Math.round(seconds * 1000) / 1000,
    recoveryPointSeconds: Math.round((now.getTime() - dataOf.getTime()) / 1000),
  }
  const passed = failures.length === 0
  return {
    format: 1,
    id,
    from,
    startedAt: now.toISOString(),
    passed,
    failures: failures.slice(0, 20),
    checks,
    ...times,
    objectives,
    met: passed && meets(times, objectives),
  }
}

function failureOf({name, expected, actual, passed}: DrillCheck): string[] {
  return passed ? [] : [`${name}: expected ${expected}, found ${actual}`]
}
