import type {Change} from '../../change.ts'
import type {Proof} from '../../domain/backup-set.ts'
import type {DrillCheck, DrillChecks, DrillReport, Objectives} from '../../domain/drill.ts'
import {count, formatDuration} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {runDrillChecks} from '../drill-checks.ts'
import {failuresOf, isFinding, reportOf, type DrillOutcome} from '../drill-report.ts'
import {failedProof, proveTarget, spoilsProof} from './prove-target.ts'
import {chooseTarget, gatherRecovery, type RecoveryFacts, type RecoveryTarget} from './target.ts'

export interface PhysicalDrillInput {
  checks: DrillChecks
  objectives: Objectives
}

interface Facts extends RecoveryFacts {
  engine: string
}

interface Plan extends PhysicalDrillInput {
  summary: readonly string[]
  target: RecoveryTarget
  facts: Facts
}

export interface PhysicalDrillResult {
  report: DrillReport
  proof: Proof
  location: string
  /** As of a drill with dumps; nothing is kept elsewhere that could fail to be. */
  remarks: readonly string[]
}

interface Found {
  checks: readonly DrillCheck[]
  seconds: number | null
  /** Time of the newest thing in what was recovered. */
  dataOf: Date
}

/** Recovers what the archive alone has, as after the loss of the machine, into a throw-away server, works on it there, and measures the time. */
export const drillPhysically: Change<PhysicalDrillInput, Facts, Plan, PhysicalDrillResult> = {
  name: 'drill',

  async gather(_input, ports) {
    return {...(await gatherRecovery(ports)), engine: await (await ports.physical()).describe()}
  },

  plan(facts, {checks, objectives}) {
    const target = chooseTarget({at: 'latest', selector: 'latest'}, facts)
    const {queries, program} = checks
    const limit = (seconds: number) => formatDuration(seconds * 1000)
    return {
      checks,
      objectives,
      target,
      facts,
      summary: [
        `recover backup ${target.backup.label} and all of the archive, without the live server, into a throw-away server, and read everything`,
        ...(queries.length > 0 ? [`ask it ${count(queries.length, 'query', 'queries')}`] : []),
        ...(program ? [`run ${program.argv[0]} on it${program.url === null ? '' : ` until ${program.url} answers`}`] : []),
        `measure recovery time (objective ${limit(objectives.recoveryTimeSeconds)}) and recovery point (objective ${limit(objectives.recoveryPointSeconds)})`,
      ],
    }
  },

  async apply(plan, ports) {
    const {target} = plan
    const begin = ports.clock.elapsed()
    const found: Found = {checks: [], seconds: null, dataOf: target.backup.finishedAt}
    const reports = await ports.drills()
    const proof = await recoverAndAsk(plan, found, begin, ports).catch(async (error: unknown) => {
      if (!isUnusable(error)) throw error
      if (spoilsProof(error, target)) return failedProof(target.backup, error, ports, (ports.clock.elapsed() - begin) / 1000)
      await reports.save(toReport(plan, found, [(error as OperatorError).message]))
      throw error
    })
    await (await ports.physical()).saveProof(target.backup, proof)
    const report = toReport(plan, found, failuresOf(proof, found.checks))
    return {report, proof, location: await reports.save(report), remarks: []}
  },
}

async function recoverAndAsk({checks, target, facts}: Plan, found: Found, begin: number, ports: Ports): Promise<Proof> {
  const {databaseName} = await ports.runtime()
  return proveTarget(target, facts, ports, {
    archiveFirst: false,
    afterwards: async ({database, url, lastTransactionAt}) => {
      const server = {database, url: async (name: string) => url(name)}
      found.checks = await ports.progress.step('Work on the recovered server', () => runDrillChecks(checks, server, databaseName, ports))
      found.seconds = (ports.clock.elapsed() - begin) / 1000
      if (lastTransactionAt !== null && lastTransactionAt > found.dataOf) found.dataOf = lastTransactionAt
    },
  })
}

/** A gap in the archive, or a backup that is gone, is what a drill is there to find. */
function isUnusable(error: unknown): boolean {
  return isFinding(error) || (error instanceof OperatorError && error.kind === 'notFound')
}

function toReport({target, facts, objectives}: Plan, {checks, seconds, dataOf}: Found, failures: readonly string[]): DrillReport {
  const outcome: DrillOutcome = {checks, failures, seconds: failures.length === 0 ? seconds : null}
  return reportOf({id: target.backup.label, from: facts.engine, now: facts.now, objectives, dataOf}, outcome)
}
