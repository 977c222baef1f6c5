import type {Proof} from '../../domain/backup-set.ts'
import type {DrillReport} from '../../domain/drill.ts'
import {count, formatDuration} from '../../domain/quantity.ts'

export interface DrillScreen {
  report: DrillReport
  proof: Proof
  location: string
  remarks: readonly string[]
}

/** Returns what a drill showed: whether the backup came back, what was asked of it, and both times against their objectives. */
export function drillView({report, proof, location, remarks}: DrillScreen): string {
  const {id, from, checks, failures, passed, met, recoveryTimeSeconds, recoveryPointSeconds, objectives} = report
  const verdict = !passed ? 'FAILED' : met ? 'passed' : 'passed, but missed its objectives'
  return [
    `Drill with ${id} ${verdict}`,
    `  from       ${from}`,
    `  restored   in ${proof.where}: ${count(proof.tables, 'table')}, ${count(proof.rows, 'row')}`,
    ...checks.map(({name, actual, passed: good}) => `  ${good ? 'asked ' : 'FAILED'}     ${name}: ${actual}`),
    `  time       ${recoveryTimeSeconds === null ? 'not known' : duration(recoveryTimeSeconds)}, objective ${duration(objectives.recoveryTimeSeconds)}`,
    `  data       ${duration(recoveryPointSeconds)} old, objective ${duration(objectives.recoveryPointSeconds)}`,
    ...failures.map((failure) => `  ! ${failure}`),
    `  report     ${location}`,
    ...remarks.map((remark) => `  note       ${remark}`),
  ].join('\n')
}

function duration(seconds: number): string {
  return formatDuration(seconds * 1000)
}
