import type {DrillChecks, Objectives} from '../domain/drill.ts'
import type {Config} from './schema.ts'

/** Returns what a drill asks and is measured against, as the configuration says. */
export function drillInputOf({drill, objectives}: Pick<Config, 'drill' | 'objectives'>): {
  from: string | undefined
  checks: DrillChecks
  objectives: Objectives
} {
  const {command, url, startLimit} = drill
  return {
    from: drill.from,
    checks: {
      queries: drill.sql,
      program: command === undefined ? null : {argv: command, url: url ?? null, limitMilliseconds: startLimit},
    },
    objectives: {recoveryTimeSeconds: objectives.rto / 1000, recoveryPointSeconds: objectives.rpo / 1000},
  }
}
