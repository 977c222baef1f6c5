import type {Finding} from '../../domain/finding.ts'
import type {HealthInput, Observed} from '../../domain/health.ts'
import {inPast, type PhysicalBackup} from '../../domain/physical-backup.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'
import {assertArchiving, knownLineage, newestLineage, readLogIfUp} from '../physical/server.ts'
import {observe} from './observe.ts'

export interface PhysicalReading {
  backups: Observed<readonly PhysicalBackup[]>
  archiving: Observed<ArchiverState>
}

export interface ArchiverState {
  /** Seconds since the last segment reached the archive; null: none ever did. */
  sinceArchived: number | null
  /** The newest attempt failed. */
  failing: boolean
  /** Segments that wait for it. */
  waiting: number
}

const archiverSql = `SELECT extract(epoch FROM now() - last_archived_time)::float8 AS "sinceArchived",
  coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
  (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')::int AS waiting FROM pg_stat_archiver`

/** Backlog beyond which the archive falls behind: 2 GiB of log in segments of the usual size. */
const waitingLimit = 128

/** Looks at the backups of the engine and at the archive; null where dumps are made. */
export async function gatherPhysical(
  {isPhysical = false, timeoutMilliseconds: limit}: HealthInput,
  ports: Ports,
): Promise<PhysicalReading | null> {
  if (!isPhysical) return null
  const [backups, archiving] = await Promise.all([
    observe(ports, limit, () => pastBackups(ports)),
    observe(ports, limit, (signal) => readArchiver(ports, signal)),
  ])
  return {backups, archiving}
}

/** Asks whether the log is archived. Throws `incompatible` where it is not meant to be. */
export async function readArchiver(ports: Ports, signal: AbortSignal): Promise<ArchiverState> {
  const {database} = await ports.runtime()
  const log = await readLogIfUp({database})
  if (log) assertArchiving(log)
  const [state] = await database.query<ArchiverState>('postgres', archiverSql, signal)
  return state!
}

export function judgePhysical(reading: PhysicalReading, now: Date, {backupMaxAgeMilliseconds: maxAge}: HealthInput): Finding[] {
  return [judgeBackups(reading.backups, now, maxAge), judgeArchiving(reading.archiving)]
}

export function judgeArchiving(archiving: Observed<ArchiverState>): Finding {
  const subject = 'archive'
  const hint = 'sparkone doctor tries it; the log of the server says why (grep archive)'
  if (!archiving.seen) {
    // A server that archives nothing was measured: from now on no time can be recovered to.
    const status = archiving.reason === 'failed' ? 'critical' : 'unknown'
    return {subject, status, message: archiving.message, hint: archiving.hint ?? hint}
  }
  const {sinceArchived, failing, waiting} = archiving.value
  const age = sinceArchived === null ? 'never' : `${formatDuration(sinceArchived * 1000)} ago`
  const measurements = [{label: 'waiting', value: waiting, warning: waitingLimit, minimum: 0}]
  if (failing)
    return {
      subject,
      status: 'critical',
      message: `the server cannot archive its log; it last could ${age}, ${waiting} segments wait`,
      hint,
      measurements,
    }
  const message = `the last segment of the log was archived ${age}, ${waiting} wait`
  return waiting >= waitingLimit
    ? {subject, status: 'warning', message, hint, measurements}
    : {subject, status: 'ok', message, measurements}
}

/** What a restore that was undone left in the repository is no backup of this server. */
async function pastBackups(ports: Ports): Promise<readonly PhysicalBackup[]> {
  const inventory = await (await ports.physical()).inventory()
  const log = await readLogIfUp(await ports.runtime())
  return inPast(inventory.backups, (await knownLineage(log, ports)) ?? newestLineage(inventory))
}

const next = 'sparkone backup && sparkone verify'

function judgeBackups(observed: PhysicalReading['backups'], now: Date, maxAge: number): Finding {
  const subject = 'backup'
  if (!observed.seen) {
    return {subject, status: 'unknown', message: `not known: ${observed.message}`, hint: observed.hint ?? 'sparkone restore --list'}
  }
  const backups = observed.value
  const newest = backups.at(-1)
  if (!newest) return {subject, status: 'critical', message: 'there is no backup', hint: next}
  const proven = backups.findLast(({proof, damaged}) => proof?.passed === true && !damaged)
  if (!proven) return {subject, ...judgeUnproven(newest, now, maxAge)}
  const age = ageOf(proven, now)
  const measurement = {
    label: 'age',
    value: Math.round(age / 1000),
    unit: 's' as const,
    warning: maxAge / 1000,
    critical: (2 * maxAge) / 1000,
  }
  return {subject, ...judgeProven(proven, newest, now, maxAge), measurements: [{...measurement, minimum: 0}]}
}

type Judgement = Pick<Finding, 'status' | 'message' | 'hint'>

function judgeUnproven(newest: PhysicalBackup, now: Date, maxAge: number): Judgement {
  const age = ageOf(newest, now)
  const isLost = newest.proof !== null || newest.damaged || age > maxAge
  const message = `no backup is proven; the newest, ${newest.label}, is ${formatDuration(age)} old`
  return {status: isLost ? 'critical' : 'warning', message, hint: `sparkone verify ${newest.label}`}
}

function judgeProven(proven: PhysicalBackup, newest: PhysicalBackup, now: Date, maxAge: number): Judgement {
  const age = ageOf(proven, now)
  const message = `newest proven backup ${proven.label} is ${formatDuration(age)} old`
  const trouble = troubleOf(newest)
  if (trouble !== null) {
    return {status: age > maxAge ? 'critical' : 'warning', message: `backup ${newest.label} ${trouble}; ${message}`, hint: next}
  }
  if (age <= maxAge) return {status: 'ok', message}
  const late = `${message}, more than ${formatDuration(maxAge)}`
  if (ageOf(newest, now) <= maxAge) {
    return {status: 'warning', message: `${late}, and ${newest.label} is not proven`, hint: `sparkone verify ${newest.label}`}
  }
  return {status: age > 2 * maxAge ? 'critical' : 'warning', message: late, hint: next}
}

function troubleOf({damaged, proof}: PhysicalBackup): string | null {
  if (damaged) return 'has damaged pages'
  return proof?.passed === false ? 'failed its proof' : null
}

function ageOf({startedAt}: PhysicalBackup, now: Date): number {
  return now.getTime() - startedAt.getTime()
}
