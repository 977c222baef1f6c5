import {readLineage, type Lineage} from '../../domain/lineage.ts'
import type {PhysicalInventory} from '../../domain/physical-backup.ts'
import {standardSegmentBytes, timelineOf} from '../../domain/wal-archive.ts'
import {OperatorError} from '../../errors.ts'
import type {DatabaseServer, Ports, Runtime} from '../../ports.ts'

/** What the live server says of its log. */
export interface LogFacts {
  archiveMode: string
  archiveCommand: string
  lineage: Lineage
  segmentBytes: number
  /** It follows another server and writes no log of its own. */
  inRecovery: boolean
  superuser: string
  sharedPreloadLibraries: string
  tablespaces: number
}

interface Row extends Omit<LogFacts, 'lineage'> {
  timeline: number
}

const logSql = `SELECT current_setting('archive_mode') AS "archiveMode",
  concat_ws(' ', nullif(current_setting('archive_library', true), ''), current_setting('archive_command')) AS "archiveCommand",
  (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS "segmentBytes",
  pg_is_in_recovery() AS "inRecovery",
  CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline,
  (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser,
  current_setting('shared_preload_libraries') AS "sharedPreloadLibraries",
  (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global'))::int AS tablespaces`

/** Returns what the live server says of its log. Throws as a query does. */
export async function readLog(server: DatabaseServer): Promise<LogFacts> {
  const [row] = await server.query<Row>('postgres', logSql)
  const {timeline, ...facts} = row!
  return {...facts, lineage: readLineage(timeline, timeline === 1 ? null : await readHistory(server, timeline))}
}

/** Returns the same, or null for a server that is down, which is no reason not to recover. */
export async function readLogIfUp({database}: Pick<Runtime, 'database'>): Promise<LogFacts | null> {
  try {
    return await readLog(database)
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'unreachable') return null
    throw error
  }
}

/** Throws `incompatible`, with what to set, unless the log is archived by pgBackRest. */
export function assertArchiving({archiveMode, archiveCommand}: Pick<LogFacts, 'archiveMode' | 'archiveCommand'>): void {
  const command = archiveCommand.trim()
  if (archiveMode !== 'off' && command.includes('pgbackrest')) return
  const said =
    archiveMode === 'off' ? 'archive_mode is off' : command === '' ? 'archive_command is empty' : 'archive_command does not call pgBackRest'
  throw new OperatorError('incompatible', `The server does not archive its log with pgBackRest: ${said}.`, {
    hint: "Set archive_mode = on and archive_command = 'pgbackrest --stanza=STANZA archive-push %p' (docs/pitr.md), and restart PostgreSQL.",
  })
}

/** Returns the lineage that the live server says it has; where it is down, that which its data folder tells; where that is lost, null. */
export async function knownLineage(log: LogFacts | null, {physical}: Pick<Ports, 'physical'>): Promise<Lineage | null> {
  if (log) return log.lineage
  const found = await (await (await physical()).dataFolder()).timeline()
  return found && readLineage(found.timeline, found.history)
}

/** Returns the newest timeline of the archive with all before it: what is followed where nothing tells, as PostgreSQL itself does. */
export function newestLineage({segments}: PhysicalInventory): Lineage {
  const timeline = Math.max(1, ...segments.map(({name}) => timelineOf(name)))
  const end = BigInt(Number.MAX_SAFE_INTEGER)
  return {timeline, ancestors: Array.from({length: timeline - 1}, (_, index) => ({timeline: index + 1, until: end}))}
}

export function segmentBytesOf(log: LogFacts | null): number {
  return log?.segmentBytes ?? standardSegmentBytes
}

/** How long a segment may take to the archive. */
const archiveLimitMilliseconds = 60_000
const pollMilliseconds = 100

/**
 * Has the live server archive everything until now, with a transaction of its own as the last, without which recovery could not tell that it has come
 * to a time. Throws `failed` when that takes longer than a minute.
 */
export async function archiveUntilNow(server: DatabaseServer, {clock, signal}: Pick<Ports, 'clock' | 'signal'>): Promise<void> {
  await server.query('postgres', 'SELECT pg_current_xact_id()::text AS id')
  const [row] = await server.query<{segment: string}>('postgres', 'SELECT pg_walfile_name(pg_switch_wal()) AS segment')
  const wanted = row!.segment
  for (const begin = clock.elapsed(); clock.elapsed() - begin < archiveLimitMilliseconds; await clock.sleep(pollMilliseconds, signal)) {
    const [state] = await server.query<{archived: boolean}>(
      'postgres',
      `SELECT coalesce(substr(last_archived_wal, 1, 24) >= '${wanted}', false) AS archived FROM pg_stat_archiver`,
    )
    if (state?.archived) return
  }
  throw new OperatorError('failed', `The server did not archive WAL segment ${wanted} within a minute.`, {
    hint: 'Its log says why (grep archive); sparkone doctor tries it.',
  })
}

async function readHistory(server: DatabaseServer, timeline: number): Promise<string | null> {
  const name = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`
  const [row] = await server.query<{history: string | null}>('postgres', `SELECT pg_read_file('${name}', 0, 1048576, true) AS history`)
  return row?.history ?? null
}
