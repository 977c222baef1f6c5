import {isProven, newestFirst, type BackupSet} from '../../domain/backup-set.ts'
import type {Finding, Measurement} from '../../domain/finding.ts'
import {type HealthInput, limitsOf, type Observed, statusOf, type Unseen} from '../../domain/health.ts'
import {relationKey, type RelationName} from '../../domain/inventory.ts'
import {count, formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'
import {showLogs, startService} from './hints.ts'
import {observe} from './observe.ts'

export interface DatabaseReading {
  version: string
  recovering: boolean
  connections: number
  connectionLimit: number
  tables: RelationName[]
}

/** Tables named in a message before the rest is only counted. */
const namedTables = 3

/** One round trip: only the catalogue and shared memory are read, so it costs the same on any size of database. */
const readingQuery = `SELECT current_setting('server_version') AS version,
  pg_is_in_recovery() AS recovering,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS connections,
  current_setting('max_connections')::int AS "connectionLimit",
  (SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname)), '[]'::json)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_') AS tables`

/** Reads state, connections and tables of the configured database. */
export function gatherDatabase({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<DatabaseReading>> {
  return observe(ports, timeoutMilliseconds, async (signal) => {
    const {database, databaseName} = await ports.runtime()
    const [reading] = await database.query<DatabaseReading>(databaseName, readingQuery, signal)
    return reading!
  })
}

/** Returns the finding about the server and the database. */
export function judgeDatabase(observed: Observed<DatabaseReading>, name: string, {thresholds, services}: HealthInput): Finding {
  const subject = 'database'
  if (!observed.seen) return judgeUnseen(subject, observed, name, services.database)
  const {version, recovering, connections, connectionLimit} = observed.value
  const percent = (connections / connectionLimit) * 100
  const measurements: Measurement[] = [
    {label: 'time', value: observed.milliseconds / 1000, unit: 's', minimum: 0},
    {label: 'connections', value: connections, minimum: 0, maximum: connectionLimit},
    {label: 'connections used', value: percent, unit: '%', ...limitsOf(thresholds.connections)},
  ]
  const facts = `PostgreSQL ${version.split(' ')[0]}, ${connections} of ${connectionLimit} connections, answers in ${formatDuration(observed.milliseconds)}`
  const use = statusOf(percent, thresholds.connections)
  if (use !== 'ok')
    return {subject, status: use, message: `connections run out: ${facts}`, hint: showLogs(services.database, sessions(name)), measurements}
  if (recovering)
    return {
      subject,
      status: 'warning',
      message: `is in recovery and refuses writes: ${facts}`,
      hint: showLogs(services.database, sessions(name)),
      measurements,
    }
  return {subject, status: 'ok', message: facts, measurements}
}

/** Returns the finding about tables that the newest proven backup holds and the live database lacks, or none when there is nothing to compare. */
export function judgeTables(observed: Observed<DatabaseReading>, backups: Observed<BackupSet[]>): Finding[] {
  const set = backups.seen ? newestFirst(backups.value).find(isProven) : undefined
  if (!observed.seen || set === undefined) return []
  const {id, catalogue} = set.manifest
  const live = new Set(observed.value.tables.map(relationKey))
  const kept = [...catalogue.tables, ...catalogue.partitionedTables].map(relationKey)
  const missing = kept.filter((table) => !live.has(table))
  const subject = 'tables'
  const measurements: Measurement[] = [{label: 'missing', value: missing.length, minimum: 0}]
  if (missing.length === 0) {
    return [{subject, status: 'ok', message: `backup ${id} holds ${count(kept.length, 'table')}, and none is missing`, measurements}]
  }
  const hint = `sparkone restore ${id}   (or, if they were removed on purpose: sparkone backup && sparkone verify)`
  return [{subject, status: 'critical', message: missingMessage(missing, id), hint, measurements}]
}

function missingMessage(missing: readonly string[], id: string): string {
  if (missing.length === 1) return `table ${missing[0]}, in backup ${id}, is missing`
  const rest = missing.length - namedTables
  return `tables ${missing.slice(0, namedTables).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}, in backup ${id}, are missing`
}

function judgeUnseen(subject: string, {reason, message, hint}: Unseen, name: string, service: string | null): Finding {
  if (reason === 'notFound')
    return {subject, status: 'critical', message: `database "${name}" does not exist: ${message}`, hint: 'sparkone restore --list'}
  // Refused credentials prove a living server but nothing about its health.
  if (reason === 'denied')
    return {subject, status: 'unknown', message, hint: hint ?? 'sparkone config   (shows which user is used and where it comes from)'}
  if (reason === 'failed') return {subject, status: 'critical', message, hint: hint ?? showLogs(service, sessions(name))}
  return {subject, status: 'critical', message, hint: startService(service, elsewhere(hint) ?? 'pg_isready; systemctl status postgresql')}
}

/** A hint that does not send the reader back to this very command. */
function elsewhere(hint: string | undefined): string | undefined {
  return hint?.startsWith('sparkone health') ? undefined : hint
}

function sessions(name: string): string {
  return `psql '${name.replaceAll("'", String.raw`'\''`)}' -c 'SELECT pid, state, query FROM pg_stat_activity'`
}
