import {access, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {timelineOf} from '../../domain/wal-archive.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {RecoveryRequest} from '../../ports/physical.ts'
import {findPrograms} from '../host/programs.ts'
import type {LocalExecutor} from '../process/local.ts'

const debianFolder = '/usr/lib/postgresql'
/** Names the socket, nothing more. */
export const socketPort = 5432

/** These start work of their own as soon as they are loaded, which must not happen twice. */
const schedulers = ['pg_cron', 'pg_partman_bgw', 'pgagent', 'pg_timetable']

/** What whoever reads the log of a server must not have less of, as pg_controldata names it. */
const demands: Readonly<Record<string, string>> = {
  max_connections: 'max_connections',
  max_worker_processes: 'max_worker_processes',
  max_wal_senders: 'max_wal_senders',
  max_prepared_xacts: 'max_prepared_transactions',
  max_locks_per_xact: 'max_locks_per_transaction',
}

export interface ServerFiles {
  /** Folder of the programs of PostgreSQL, with a final slash. */
  programs: string
  /** For socket and settings. */
  work: string
  data: string
}

/** Returns the folder of the programs of a version, with a final slash. Throws `incompatible` where they are not here. */
export async function programsOf(majorVersion: number, configured: string | undefined, executor: LocalExecutor): Promise<string> {
  const usual = `${join(debianFolder, String(majorVersion), 'bin')}/`
  const {bin} = (await isThere(`${usual}postgres`)) ? {bin: usual} : await findPrograms(configured)
  const version = await executor.run([`${bin}postgres`, '--version']).catch(() => '')
  if (new RegExp(`\\b${majorVersion}(?:\\.|\\b)`).test(version)) return bin
  throw new OperatorError(
    'incompatible',
    `The backup is of PostgreSQL ${majorVersion}, and the programs of that version are not on this machine.`,
    {
      hint: `Install them (Debian: apt-get install postgresql-${majorVersion}), or set database.programs to their folder.`,
    },
  )
}

/** Writes what the server is started with instead of the settings of the original, which may lead to folders and ports of the live one. */
export async function writeSettings({work}: ServerFiles): Promise<void> {
  await writeFile(join(work, 'postgresql.conf'), '', {mode: 0o644})
  await writeFile(join(work, 'pg_ident.conf'), '', {mode: 0o644})
  await writeFile(join(work, 'pg_hba.conf'), 'local all all trust\n', {mode: 0o644})
}

/** Returns the numbers that the control file demands of whoever recovers. */
export async function readDemands({programs, data}: ServerFiles, executor: LocalExecutor): Promise<Map<string, number>> {
  const text = await executor.run([`${programs}pg_controldata`, '-D', data], {environment: {LC_ALL: 'C'}})
  const lines = text.split('\n').map((line) => /^(\w+) setting:\s+(\d+)$/.exec(line))
  return new Map(lines.flatMap((match) => (match && demands[match[1]!] ? [[demands[match[1]!]!, Number(match[2])]] : [])))
}

/**
 * Returns the command line of a server that nobody but us reaches, and that archives nothing. It answers once it has come to its target, and not while
 * it recovers: just before a table was dropped, it would hold the lock on that table for good.
 */
export function serverArgv(
  files: ServerFiles,
  request: RecoveryRequest,
  restoreCommand: string,
  needs: ReadonlyMap<string, number>,
): string[] {
  const {programs, work, data} = files
  const settings = {
    ...Object.fromEntries(needs),
    config_file: join(work, 'postgresql.conf'),
    hba_file: join(work, 'pg_hba.conf'),
    ident_file: join(work, 'pg_ident.conf'),
    external_pid_file: '',
    listen_addresses: '',
    unix_socket_directories: work,
    ssl: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'log',
    lc_messages: 'C',
    // What becomes the live server keeps what it writes until its own command archives it; the rest never does.
    archive_mode: request.beside === null ? 'off' : 'on',
    archive_command: '',
    primary_conninfo: '',
    restore_command: restoreCommand,
    recovery_target_action: 'promote',
    hot_standby: 'off',
    // Of a backup alone; for a time, pgBackRest has written it.
    ...(request.at === null ? {recovery_target_timeline: String(timelineOf(request.backup.lastSegment))} : {}),
    autovacuum: 'off',
    jit: 'off',
    // Promoted, it would ask publishers for changes in the name of the live server.
    max_logical_replication_workers: '0',
    shared_preload_libraries: withoutSchedulers(request.original.sharedPreloadLibraries),
    // What may become the live server must survive a power cut.
    ...(request.beside === null ? {fsync: 'off', full_page_writes: 'off'} : {}),
  }
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return [`${programs}postgres`, '-D', data, '-p', String(socketPort), ...words]
}

/** Returns the command for `restore_command`, which PostgreSQL completes and hands to a shell. */
export function restoreCommandOf(argv: readonly string[]): string {
  const quoted = argv.map((word) => (/^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
  return `${quoted.join(' ').replaceAll('%', '%%')} %f "%p"`
}

/** Waits until the server has come to its target. Throws what `ended` throws when it ends instead. */
export async function untilRecovered(ask: () => Promise<boolean>, ended: Promise<never>, {clock, signal}: Waiting): Promise<void> {
  while (!(await Promise.race([ask(), ended]))) await clock.sleep(pollMilliseconds, signal)
}

interface Waiting {
  clock: Clock
  signal: AbortSignal
}

const pollMilliseconds = 100

function withoutSchedulers(libraries: string): string {
  return libraries
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !schedulers.includes(name))
    .join(',')
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
