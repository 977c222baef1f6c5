import type {Change} from '../change.ts'
import type {Proof} from '../domain/backup-set.ts'
import type {DrillCheck, DrillChecks, DrillReport, Objectives} from '../domain/drill.ts'
import {count, formatDuration} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import {runDrillChecks} from './drill-checks.ts'
import {failuresOf, isFinding, reportOf, type DrillOutcome} from './drill-report.ts'
import {keepProof, withdrawProof} from './keep-proof.ts'
import {prove} from './proof.ts'
import {findSource, storeOf, type RestoreSource} from './restore-source.ts'

export interface DrillInput {
  /** The only place to take the backup from; without one it is the target off-site that has the newest. */
  from: string | undefined
  checks: DrillChecks
  objectives: Objectives
}

type SetSource = Extract<RestoreSource, {kind: 'set'}>

interface Facts {
  source: SetSource
  from: string
  now: Date
}

export interface DrillPlan extends Pick<DrillInput, 'checks' | 'objectives'>, Facts {
  summary: readonly string[]
}

export interface DrillResult {
  report: DrillReport
  proof: Proof
  /** Where the report is kept. */
  location: string
  /** What is worth knowing and changes nothing of what was shown. */
  remarks: readonly string[]
}

/** Does what a disaster would make necessary, on a throw-away server: restore the newest backup, prove it, work on it, and measure the time. */
export const drill: Change<DrillInput, Facts, DrillPlan, DrillResult> = {
  name: 'drill',

  async gather({from}, ports) {
    const source = await newestSource(from, ports)
    return {source, from: (await storeOf(source, ports)).location, now: ports.clock.now()}
  },

  plan(facts, {checks, objectives}) {
    const {source, from, now} = facts
    const age = formatDuration(now.getTime() - Date.parse(source.set.manifest.startedAt))
    const {queries, program} = checks
    return {
      ...facts,
      checks,
      objectives,
      summary: [
        `restore ${source.label}, ${age} old, from ${from} into a throw-away server and compare everything`,
        ...(queries.length > 0 ? [`ask it ${count(queries.length, 'query', 'queries')}`] : []),
        ...(program ? [`run ${program.argv[0]} on it${program.url === null ? '' : ` until ${program.url} answers`}`] : []),
        `measure recovery time (objective ${limit(objectives.recoveryTimeSeconds)}) and recovery point (objective ${limit(objectives.recoveryPointSeconds)})`,
      ],
    }
  },

  async apply(plan, ports) {
    const {source, checks} = plan
    const reports = await ports.drills()
    const begin = ports.clock.elapsed()
    const found: {checks: DrillCheck[]; seconds: number} = {checks: [], seconds: 0}
    const store = await storeOf(source, ports)
    const proof = await prove(source, store, ports, {
      reachable: checks.program !== null,
      afterwards: async (server, database) => {
        found.checks = await ports.progress.step('Work on the restored database', () => runDrillChecks(checks, server, database, ports))
        found.seconds = (ports.clock.elapsed() - begin) / 1000
      },
    }).catch(async (error: unknown) => {
      if (isFinding(error)) await reports.save(toReport(plan, {checks: [], failures: [error.message], seconds: null}))
      // That the bytes are damaged matters more than that it could not be kept with them.
      await withdrawProof(source, store, ports, error).catch(() => undefined)
      throw error
    })
    const failures = failuresOf(proof, found.checks)
    const report = toReport(plan, {...found, failures, seconds: failures.length === 0 ? found.seconds : null})
    const location = await reports.save(report)
    return {report, proof, location, remarks: await keepProof(proof, source, ports)}
  },
}

function toReport({source, from, now, objectives}: DrillPlan, outcome: DrillOutcome): DrillReport {
  return reportOf({id: source.label, from, now, objectives, dataOf: new Date(source.set.manifest.startedAt)}, outcome)
}

/** Copies far away are what is left after a disaster, so they are what is tried. */
async function newestSource(from: string | undefined, ports: Ports): Promise<SetSource> {
  const targets = await ports.offsite()
  if (from !== undefined || targets.length === 0) return sourceFrom(from ?? 'local', ports)
  const looked = await Promise.all(targets.map(({name}) => lookIn(name, ports)))
  const [newest] = looked
    .filter((each) => !(each instanceof OperatorError))
    .toSorted((a, b) => b.set.manifest.startedAt.localeCompare(a.set.manifest.startedAt))
  if (newest) return newest
  const failures = looked.filter((each) => each instanceof OperatorError)
  throw new OperatorError(failures[0]?.kind ?? 'notFound', 'No backup off-site can be restored.', {
    details: failures.map(({message}) => message),
    hint: 'sparkone restore --list; sparkone drill --from local tries the copies on this machine.',
  })
}

/** Returns the newest backup of a target, or why it cannot be had. Throws when the run is interrupted. */
async function lookIn(name: string, ports: Ports): Promise<SetSource | OperatorError> {
  try {
    return await sourceFrom(name, ports)
  } catch (error) {
    if (error instanceof OperatorError && error.kind !== 'interrupted') return error
    throw error
  }
}

async function sourceFrom(from: string, ports: Ports): Promise<SetSource> {
  const source = await findSource('latest', ports, {proven: false, from})
  if (source.kind === 'set') return source
  throw new OperatorError('bug', 'The latest backup turned out to be a file.')
}

function limit(seconds: number): string {
  return formatDuration(seconds * 1000)
}
