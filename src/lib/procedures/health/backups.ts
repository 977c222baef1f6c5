import {describeAnomaly} from '../../domain/anomaly.ts'
import {type BackupSet, isProven, newestFirst} from '../../domain/backup-set.ts'
import type {Finding, Measurement} from '../../domain/finding.ts'
import {isFileSet} from '../../domain/file-archive.ts'
import type {HealthInput, Observed} from '../../domain/health.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {isSuspect} from '../../domain/retention.ts'
import type {Ports} from '../../ports.ts'
import {observe} from './observe.ts'

/** Clocks of two machines may differ a little; a backup further ahead than this has a wrong date. */
const clockToleranceMilliseconds = 5 * 60 * 1000

/** Lists the backups of the project and environment. */
export function gatherBackups({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<BackupSet[]>> {
  return observe(ports, timeoutMilliseconds, async () => (await ports.store()).list())
}

/** What to type for a backup that is missing, late or not proven. */
interface Remedies {
  anew: string
  prove: (id: string) => string
}

const remedies: Remedies = {anew: 'sparkone backup && sparkone verify', prove: (id) => `sparkone verify ${id}`}

const filesRemedies: Remedies = {
  anew: 'sparkone backup --files && sparkone verify --files',
  prove: (id) => `sparkone verify --files ${id}`,
}

/** Returns the finding about the sets of files; none where none are to be made. */
export function judgeFileSets(all: Observed<BackupSet[]>, now: Date, {files = null}: Pick<HealthInput, 'files'>): Finding[] {
  if (files === null) return []
  const own = all.seen ? {...all, value: all.value.filter(isFileSet)} : all
  return [{...judgeBackups(own, now, files.maxAgeMilliseconds, filesRemedies), subject: 'files'}]
}

/** Returns a finding for each database that is backed up; `own` are the backups of the one that is looked at. */
export function judgeBackupsOfAll(
  all: Observed<BackupSet[]>,
  own: Observed<BackupSet[]>,
  now: Date,
  input: Pick<HealthInput, 'backupMaxAgeMilliseconds' | 'databases'>,
): Finding[] {
  const {databases = [], backupMaxAgeMilliseconds: maxAge} = input
  if (!all.seen || databases.length === 0) return [judgeBackups(own, now, maxAge, remedies)]
  return databases.map((name) => {
    const value = all.value.filter(({manifest}) => manifest.database === name)
    return {...judgeBackups({...all, value}, now, maxAge, remedies), subject: `backup ${name}`}
  })
}

/** The newest proven backup decides; its age counts from the start, which is the moment it can bring back. */
function judgeBackups(observed: Observed<BackupSet[]>, now: Date, maxAge: number, {anew, prove}: Remedies): Finding {
  const subject = 'backup'
  if (!observed.seen) {
    return {subject, status: 'unknown', message: `not known: ${observed.message}`, hint: observed.hint ?? 'sparkone restore --list'}
  }
  const newest = newestFirst(observed.value)
  const proven = newest.find(isProven)
  if (newest.length === 0) return {subject, status: 'critical', message: 'there is no backup', hint: anew}
  if (proven === undefined) return judgeUnproven(newest[0]!, now, maxAge, {anew, prove})
  const age = ageOf(proven, now)
  const finding = {...judgeAge(proven, newest[0]!, age, now, maxAge, {anew, prove}), measurements: [measure(age, maxAge)]}
  return withSuspicion({subject, ...finding}, newest)
}

/** A backup that shrank is worth a warning however fresh it is, and holds up retention until somebody has looked. */
function withSuspicion(finding: Finding, sets: readonly BackupSet[]): Finding {
  const suspect = sets.find(isSuspect)
  if (!suspect) return finding
  const {id, anomalies = []} = suspect.manifest
  const message = `${finding.message}; ${id} is suspiciously small: ${anomalies.map(describeAnomaly).join(', ')}`
  if (finding.status !== 'ok') return {...finding, message}
  return {...finding, status: 'warning', message, hint: `sparkone backup accept ${id}`}
}

function judgeAge(
  proven: BackupSet,
  newest: BackupSet,
  age: number,
  now: Date,
  maxAge: number,
  {anew, prove}: Remedies,
): Pick<Finding, 'status' | 'message' | 'hint'> {
  const {id} = proven.manifest
  const message = `newest proven backup ${id} is ${formatDuration(Math.max(age, 0))} old`
  if (age < -clockToleranceMilliseconds) {
    return {
      status: 'unknown',
      message: `backup ${id} is dated ${formatDuration(-age)} in the future, so a clock is wrong`,
      hint: 'timedatectl',
    }
  }
  if (newest.proof?.passed === false) {
    return {
      status: age <= maxAge ? 'warning' : 'critical',
      message: `backup ${newest.manifest.id} failed its proof; ${message}`,
      hint: anew,
    }
  }
  if (age <= maxAge) return {status: 'ok', message}
  const limit = `more than ${formatDuration(maxAge)}`
  if (ageOf(newest, now) <= maxAge) {
    return {
      status: 'warning',
      message: `${message}, ${limit}, and ${newest.manifest.id} is not proven`,
      hint: prove(newest.manifest.id),
    }
  }
  return {status: age > 2 * maxAge ? 'critical' : 'warning', message: `${message}, ${limit}`, hint: anew}
}

function judgeUnproven(newest: BackupSet, now: Date, maxAge: number, {anew, prove}: Remedies): Finding {
  const subject = 'backup'
  const {id} = newest.manifest
  const age = ageOf(newest, now)
  if (newest.proof !== null) {
    return {subject, status: 'critical', message: `no backup is proven: ${id} failed its proof`, hint: anew}
  }
  const message = `no backup is proven: the newest, ${id}, is ${formatDuration(Math.max(age, 0))} old`
  return age <= maxAge ? {subject, status: 'warning', message, hint: prove(id)} : {subject, status: 'critical', message, hint: anew}
}

function ageOf({manifest}: BackupSet, now: Date): number {
  return now.getTime() - Date.parse(manifest.startedAt)
}

function measure(age: number, maxAge: number): Measurement {
  return {label: 'age', value: Math.round(age / 1000), unit: 's', warning: maxAge / 1000, critical: (2 * maxAge) / 1000, minimum: 0}
}
