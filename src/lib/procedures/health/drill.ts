import type {DrillReport} from '../../domain/drill.ts'
import type {Finding, Measurement} from '../../domain/finding.ts'
import type {HealthInput, Observed} from '../../domain/health.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'
import {observe} from './observe.ts'

const subject = 'drill'
const hint = 'sparkone drill'

/** Reads the report of the last drill. */
export function gatherDrill({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<DrillReport | null>> {
  return observe(ports, timeoutMilliseconds, async () => (await ports.drills()).newest())
}

/** Returns the finding about the last drill; none where there was none and none was to be. */
export function judgeDrill(observed: Observed<DrillReport | null>, now: Date, {drill}: HealthInput): Finding[] {
  if (!observed.seen) return [{subject, status: 'unknown', message: `not known: ${observed.message}`, hint: observed.hint ?? hint}]
  const report = observed.value
  if (report) return [judgeReport(report, now.getTime() - Date.parse(report.startedAt), drill.maxAgeMilliseconds)]
  return drill.expected ? [{subject, status: 'warning', message: 'no drill was ever made', hint}] : []
}

function judgeReport(report: DrillReport, age: number, maxAge: number): Finding {
  const {id, passed, met, failures} = report
  const made = `the drill with backup ${id}, ${formatDuration(Math.max(age, 0))} ago,`
  const measurements = measure(report, age, maxAge)
  if (!passed) return {subject, status: 'critical', message: `${made} failed: ${failures[0] ?? 'not said why'}`, hint, measurements}
  if (!met) return {subject, status: 'warning', message: `${made} missed its objectives: ${describeTimes(report)}`, hint, measurements}
  if (age > maxAge) return {subject, status: 'warning', message: `${made} is more than ${formatDuration(maxAge)} old`, hint, measurements}
  return {subject, status: 'ok', message: `${made} met its objectives: ${describeTimes(report)}`, measurements}
}

function describeTimes({recoveryTimeSeconds, recoveryPointSeconds, objectives}: DrillReport): string {
  const text = (seconds: number) => formatDuration(seconds * 1000)
  const back = `back in ${text(recoveryTimeSeconds ?? 0)} of ${text(objectives.recoveryTimeSeconds)}`
  return `${back}, data ${text(recoveryPointSeconds)} of ${text(objectives.recoveryPointSeconds)} old`
}

function measure({recoveryTimeSeconds, recoveryPointSeconds}: DrillReport, age: number, maxAge: number): Measurement[] {
  return [
    {label: 'age', value: Math.round(age / 1000), unit: 's', warning: maxAge / 1000, minimum: 0},
    ...(recoveryTimeSeconds === null ? [] : [{label: 'recovery time', value: recoveryTimeSeconds, unit: 's' as const, minimum: 0}]),
    {label: 'recovery point', value: recoveryPointSeconds, unit: 's'},
  ]
}
