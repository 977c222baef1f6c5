import type {BackupSet} from '../domain/backup-set.ts'
import type {Check} from '../change.ts'
import type {DrillReport} from '../domain/drill.ts'
import {isFileSet} from '../domain/file-archive.ts'
import type {Finding} from '../domain/finding.ts'
import {type HealthInput, type HealthReport, healthReport, type Observed, type Unseen} from '../domain/health.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, Runtime, ServiceState} from '../ports.ts'
import {type ApiFacts, gatherApi, judgeApi} from './health/api.ts'
import {gatherBackups, judgeBackupsOfAll, judgeFileSets} from './health/backups.ts'
import {gatherDrill, judgeDrill} from './health/drill.ts'
import {type DatabaseReading, gatherDatabase, judgeDatabase, judgeTables} from './health/database.ts'
import {gatherHost, type HostFacts, judgeHost} from './health/host.ts'
import {observe} from './health/observe.ts'
import {gatherOffsite, judgeOffsite, type OffsiteReading} from './health/offsite.ts'
import {gatherPhysical, judgePhysical, type PhysicalReading} from './health/physical.ts'
import {gatherTargets, judgeTargets, type Target} from './health/prometheus.ts'
import {gatherRedis, judgeRedis, type RedisReading} from './health/redis.ts'
import {gatherSchedule, judgeSchedule, type ScheduleFacts} from './health/schedule.ts'
import {gatherServices, judgeServices} from './health/services.ts'

type RuntimeFacts = Pick<Runtime, 'kind' | 'databaseName'>

export interface HealthFacts {
  now: Date
  runtime: Observed<RuntimeFacts>
  api: ApiFacts[]
  database: Observed<DatabaseReading>
  redis: Observed<RedisReading>
  services: Observed<ServiceState[]>
  host: HostFacts
  targets: Observed<Target[]> | null
  backups: Observed<BackupSet[]>
  offsite: OffsiteReading[]
  /** Null: nothing runs by schedule. */
  schedule: Observed<ScheduleFacts> | null
  /** The newest; null: none was ever made. */
  drill: Observed<DrillReport | null>
  /** Null: dumps are made. */
  physical: PhysicalReading | null
}

/** Looks at everything at once, each probe within its own limit, so that the whole takes as long as the slowest. */
export const health: Check<HealthInput, HealthFacts> = {
  name: 'health',

  async gather(input, ports) {
    const [runtime, api, database, redis, services, host, targets, backups, offsite, schedule, drill, physical] = await Promise.all([
      gatherRuntime(input, ports),
      gatherApi(input, ports),
      gatherDatabase(input, ports),
      gatherRedis(input, ports),
      gatherServices(input, ports),
      gatherHost(input, ports),
      gatherTargets(input, ports),
      gatherBackups(input, ports),
      gatherOffsite(input, ports),
      gatherSchedule(input, ports),
      gatherDrill(input, ports),
      gatherPhysical(input, ports),
    ])
    return {
      now: ports.clock.now(),
      runtime,
      api,
      database,
      redis,
      services,
      host,
      targets,
      backups,
      offsite,
      schedule,
      drill,
      physical,
    }
  },

  judge(facts, input) {
    const backups = ofDatabase(facts.backups, facts.runtime)
    return [
      ...judgeApi(facts.api, input),
      ...judgeStack(facts, input),
      ...judgeTables(facts.database, backups),
      ...(facts.physical ? judgePhysical(facts.physical, facts.now, input) : judgeBackupsOfAll(facts.backups, backups, facts.now, input)),
      ...judgeFileSets(facts.backups, facts.now, input),
      ...judgeOffsite(facts.offsite, facts.now),
      ...judgeSchedule(facts.schedule, facts.now, input),
      ...judgeDrill(facts.drill, facts.now, input),
      ...judgeTargets(facts.targets, input),
      ...judgeHost(facts.host, input),
    ]
  },
}

/** Looks once and returns the report. Throws only when the run is interrupted. */
export async function reportHealth(input: HealthInput, ports: Ports): Promise<HealthReport> {
  const started = ports.clock.elapsed()
  const facts = await health.gather(input, ports)
  const {project, environment} = ports.settings
  const run = {project, environment, at: facts.now.toISOString(), milliseconds: Math.round(ports.clock.elapsed() - started)}
  return healthReport(health.judge(facts, input), run)
}

/** Looks again and again, `intervalMilliseconds` apart, until Ctrl-C, and returns the milliseconds that passed. Throws on any other end. */
export async function watchHealth(
  input: HealthInput,
  ports: Ports,
  intervalMilliseconds: number,
  show: (report: HealthReport) => void,
): Promise<number> {
  const started = ports.clock.elapsed()
  try {
    for (;;) {
      show(await reportHealth(input, ports))
      await ports.clock.sleep(intervalMilliseconds, ports.signal)
    }
  } catch (error) {
    // Ctrl-C is how a watch ends, not how it fails.
    if (error instanceof OperatorError && error.kind === 'interrupted') return ports.clock.elapsed() - started
    throw error
  }
}

function gatherRuntime({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<RuntimeFacts>> {
  return observe(ports, timeoutMilliseconds, () => ports.runtime())
}

/** The backups of the database that is looked at; those of all where its name is not known. */
function ofDatabase(backups: HealthFacts['backups'], runtime: HealthFacts['runtime']): HealthFacts['backups'] {
  if (!backups.seen) return backups
  const isOwn = (set: BackupSet) => !isFileSet(set) && (!runtime.seen || set.manifest.database === runtime.value.databaseName)
  return {...backups, value: backups.value.filter(isOwn)}
}

/** Database, Redis and containers are all asked through the runtime: without it nothing is known of them, good or bad. */
function judgeStack({runtime, database, redis, services}: HealthFacts, input: HealthInput): Finding[] {
  if (!runtime.seen) return [withoutRuntime(runtime)]
  const findings = [
    judgeDatabase(knowingContainer(database, services, input.services.database), runtime.value.databaseName, input),
    ...judgeRedis(knowingContainer(redis, services, input.services.redis), input),
  ]
  const blind = runtime.value.kind === 'compose' && !services.seen && services.reason !== 'timeout'
  const known = blind ? findings.map((finding) => unknownWhenBlind(finding)) : findings
  return [...known, ...judgeServices(services, runtime.value.kind, input)]
}

/** Says it plainly where the container is known to be down, rather than in the words of the docker client. */
function knowingContainer<Value>(observed: Observed<Value>, services: HealthFacts['services'], name: string | null): Observed<Value> {
  const states = services.seen ? services.value.filter(({service}) => service === name) : []
  if (observed.seen || states.length === 0 || states.some(({state}) => state === 'running')) return observed
  return {seen: false, reason: 'unreachable', message: `its container is not running (${states[0]!.state})`}
}

function withoutRuntime({reason, message, hint}: Unseen): Finding {
  const subject = 'services'
  // Not one container of the project: that was measured, and it is an outage.
  if (reason === 'notFound') return {subject, status: 'critical', message, hint: hint ?? 'docker compose up -d'}
  return {subject, status: 'unknown', message: `database, Redis and containers are not known: ${message}`, hint: hint ?? 'docker info'}
}

function unknownWhenBlind(finding: Finding): Finding {
  return finding.status === 'critical' && finding.measurements === undefined ? {...finding, status: 'unknown'} : finding
}
