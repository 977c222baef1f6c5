import {type Finding, type Status, statuses, worst, worstFirst} from './finding.ts'
import type {JobSchedule} from './schedule.ts'

/** Percentages from which a use is a warning, or critical. */
export interface Threshold {
  warning: number
  critical: number
}

export interface HealthThresholds {
  disk: Threshold
  inodes: Threshold
  memory: Threshold
  cpu: Threshold
  connections: Threshold
}

/** What the operator wants to be looked at, and what counts as well. */
export interface HealthInput {
  /** Null: no API is configured, so none is looked at. */
  api: {url: string; endpoints: readonly string[]} | null
  /** Null: no Prometheus is configured. */
  prometheusUrl: string | null
  /** Compose services to name in hints; null outside of Compose, or where it is not known. */
  services: {api: string | null; database: string | null; redis: string | null}
  /** Whether a runtime that knows no Redis is a gap in what is known, or simply how this project is. */
  redisExpected: boolean
  /** Folders whose file systems are measured, each file system once. */
  folders: readonly string[]
  /** Limit of each probe. */
  timeoutMilliseconds: number
  /** Databases that are backed up, where there are several. */
  databases?: readonly string[]
  /** Backups are those of an engine for whole servers, and not dumps. */
  isPhysical?: boolean
  /** Age beyond which the newest proven backup is too old. */
  backupMaxAgeMilliseconds: number
  /** The same of sets of files; null: none are to be made. */
  files?: {maxAgeMilliseconds: number} | null
  /** Age beyond which the last drill is too old, and whether there has to be one. */
  drill: {maxAgeMilliseconds: number; expected: boolean}
  thresholds: HealthThresholds
  /** Jobs that run by schedule. */
  schedules: readonly JobSchedule[]
}

/** The defaults of `health.thresholds`; connections leave the last ones to people and to the superuser. */
export const defaultThresholds: HealthThresholds = {
  disk: {warning: 80, critical: 90},
  inodes: {warning: 80, critical: 90},
  memory: {warning: 85, critical: 95},
  cpu: {warning: 90, critical: 100},
  connections: {warning: 80, critical: 95},
}

/** The outcome of one probe: what it saw, or why it saw nothing. */
export type Observed<Value> = {seen: true; value: Value; milliseconds: number} | Unseen

export interface Unseen {
  seen: false
  reason: 'timeout' | 'unreachable' | 'denied' | 'notFound' | 'failed'
  /** A clause without a full stop, to follow a colon. */
  message: string
  hint?: string
}

/** Everything that one run of `health` found, worst first. */
export interface HealthReport {
  project: string
  environment: string
  status: Status
  at: string
  /** How long it took. */
  milliseconds: number
  counts: Readonly<Record<Status, number>>
  findings: readonly Finding[]
  /** What nothing is known of because it is not configured, with the setting that would change that. */
  notLookedAt: readonly string[]
}

/** Subjects that are there only when configured, by how their findings begin. */
const optionalSubjects = {
  api: 'the API (api.url)',
  offsite: 'copies off-site (backup.offsite)',
  redis: 'Redis (redis)',
  prometheus: 'Prometheus (prometheus.url)',
}

/** Returns the report of the findings: verdict, counts, worst first. */
export function healthReport(
  findings: readonly Finding[],
  run: Pick<HealthReport, 'project' | 'environment' | 'at' | 'milliseconds'>,
): HealthReport {
  const counts = Object.fromEntries(
    statuses.map((status) => [status, findings.filter((finding) => finding.status === status).length]),
  ) as Record<Status, number>
  return {...run, status: worst(findings), counts, findings: worstFirst(findings), notLookedAt: notLookedAt(findings)}
}

/** Returns the status of a measured percentage: reaching a threshold is passing it. */
export function statusOf(value: number, {warning, critical}: Threshold): Status {
  if (value >= critical) return 'critical'
  return value >= warning ? 'warning' : 'ok'
}

/** Returns the parts of a percentage measurement that come from its threshold. */
export function limitsOf({warning, critical}: Threshold): {warning: number; critical: number; minimum: number; maximum: number} {
  return {warning, critical, minimum: 0, maximum: 100}
}

/** Returns a URL fit to be shown: without user, password, query and fragment. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)'
  const {origin, pathname} = new URL(url)
  return `${origin}${pathname === '/' ? '' : pathname}`
}

function notLookedAt(findings: readonly Finding[]): string[] {
  const seen = new Set(findings.map(({subject}) => subject.split(' ')[0]!))
  // One finding about all services stands for Redis too.
  if (seen.has('services')) seen.add('redis')
  return Object.entries(optionalSubjects).flatMap(([subject, name]) => (seen.has(subject) ? [] : [name]))
}
