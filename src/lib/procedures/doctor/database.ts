import {formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'
import {judgeArchiving, readArchiver} from '../health/physical.ts'
import {doctorCheck, type DoctorCheck, type Verdict} from './check.ts'

/** pgBackRest itself waits a minute for a segment to get to the archive. */
const archivingMilliseconds = 75_000
/** A throw-away server is up within seconds; its image may lie on a slow disk. */
const throwAwayMilliseconds = 60_000

const clockSql = 'SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds'

const durabilitySql = `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS "fullPageWrites"`

// The columns are there since PostgreSQL 15.
const collationSql = `SELECT datname AS name FROM pg_database
  WHERE datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) AND datallowconn ORDER BY 1`

const extensionsSql = 'SELECT extname AS name FROM pg_extension ORDER BY 1'

const availableSql = 'SELECT name FROM pg_available_extensions'

/** Clocks of two machines may differ a little; beyond the second, times of sets and of restores mislead. */
const clockLimits = {warning: 5, critical: 60}

interface Durability {
  fsync: string
  fullPageWrites: string
}

/** The server of the database, as backups, proofs and restores need it. */
export const databaseChecks: readonly DoctorCheck[] = [
  doctorCheck({
    name: 'server',
    about: 'Does PostgreSQL answer?',
    unseen: 'critical',
    async gather(_input, ports) {
      const runtime = await ports.runtime()
      return {description: runtime.description, version: (await runtime.database.facts()).version}
    },
    judge: ({description, version}): Verdict => ({status: 'ok', message: `PostgreSQL ${version} answers for ${description}`}),
  }),
  doctorCheck({
    name: 'clock',
    about: 'Does the server know the same time?',
    gather: (_input, ports, signal) => readClocks(ports, signal),
    judge: judgeClocks,
  }),
  doctorCheck({
    name: 'durability',
    about: 'Does what was committed survive a crash?',
    gather: async (_input, ports, signal) => (await query<Durability>(ports, durabilitySql, signal))[0]!,
    judge: judgeDurability,
  }),
  doctorCheck({
    name: 'collation',
    about: 'Do the indexes of text fit the sorting of the system?',
    async gather(_input, ports, signal) {
      const {versionNumber} = await (await ports.runtime()).database.facts()
      return versionNumber < 150_000 ? null : query<{name: string}>(ports, collationSql, signal)
    },
    judge: judgeCollation,
  }),
  doctorCheck({
    name: 'throw-away',
    about: 'Does a throw-away server for proofs start, and has it every extension?',
    applies: ({isPhysical}) => !isPhysical,
    leastMilliseconds: throwAwayMilliseconds,
    gather: (_input, ports) => tryThrowAway(ports),
    judge: judgeThrowAway,
  }),
  doctorCheck({
    name: 'archive',
    about: 'Does the log of the server get to the archive?',
    applies: ({isPhysical}) => isPhysical,
    leastMilliseconds: archivingMilliseconds,
    unseen: 'critical',
    hint: 'docs/pitr.md says what it takes.',
    gather: (_input, ports, signal) => tryArchiving(ports, signal),
    judge: ({engine, archiver}): Verdict[] => [
      {subject: 'engine', status: 'ok', message: `${engine}, archived a segment just now`},
      judgeArchiving({seen: true, value: archiver, milliseconds: 0}),
    ],
  }),
]

async function query<Row>(ports: Ports, sql: string, signal: AbortSignal): Promise<Row[]> {
  return (await ports.runtime()).database.query<Row>('postgres', sql, signal)
}

async function readClocks(ports: Ports, signal: AbortSignal): Promise<{before: number; server: number; after: number}> {
  const before = ports.clock.now().getTime() / 1000
  const [row] = await query<{seconds: number}>(ports, clockSql, signal)
  return {before, server: row!.seconds, after: ports.clock.now().getTime() / 1000}
}

/** The server read its clock at some moment of the question, so only what lies outside of that is known to differ. */
function judgeClocks({before, server, after}: {before: number; server: number; after: number}): Verdict {
  const ahead = Math.max(0, server - after)
  const behind = Math.max(0, before - server)
  const skew = Math.max(ahead, behind)
  const measurements = [{label: 'skew', value: Math.round(skew * 1000) / 1000, unit: 's' as const, ...clockLimits, minimum: 0}]
  if (skew < clockLimits.warning) return {status: 'ok', message: 'the server and this machine know the same time', measurements}
  return {
    status: skew < clockLimits.critical ? 'warning' : 'critical',
    message: `the clock of the server is ${formatDuration(skew * 1000)} ${ahead > 0 ? 'ahead of' : 'behind'} that of this machine`,
    hint: 'timedatectl (on both)',
    measurements,
  }
}

function judgeDurability({fsync, fullPageWrites}: Durability): Verdict {
  const off = [...(fsync === 'off' ? ['fsync'] : []), ...(fullPageWrites === 'off' ? ['full_page_writes'] : [])]
  if (off.length === 0) return {status: 'ok', message: 'what was committed survives a crash'}
  return {
    status: 'critical',
    message: `${off.join(' and ')} ${off.length === 1 ? 'is' : 'are'} off: after a power failure the database may be damaged beyond repair`,
    hint: `${off.map((name) => `ALTER SYSTEM RESET ${name};`).join(' ')} SELECT pg_reload_conf();`,
  }
}

function judgeCollation(databases: readonly {name: string}[] | null): Verdict {
  if (databases === null) return {status: 'ok', message: 'not asked: PostgreSQL before 15 does not record it for databases'}
  if (databases.length === 0) return {status: 'ok', message: 'the indexes were built with the sorting of this system'}
  const names = databases.map(({name}) => name)
  return {
    status: 'warning',
    message: `the sorting of text has changed under ${names.join(', ')} (another image or C library): indexes may miss rows`,
    hint: names.map((name) => `REINDEX DATABASE "${name}"; ALTER DATABASE "${name}" REFRESH COLLATION VERSION;`).join(' '),
  }
}

interface ThrowAway {
  description: string
  missing: readonly string[]
}

async function tryThrowAway(ports: Ports): Promise<ThrowAway> {
  const {database, databaseName} = await ports.runtime()
  const installed = await database.query<{name: string}>(databaseName, extensionsSql)
  await using server = await database.ephemeral(await database.facts())
  const available = new Set((await server.database.query<{name: string}>('postgres', availableSql)).map(({name}) => name))
  return {description: server.description, missing: installed.map(({name}) => name).filter((name) => !available.has(name))}
}

function judgeThrowAway({description, missing}: ThrowAway): Verdict {
  if (missing.length === 0) return {status: 'ok', message: `${description} starts and has every extension`}
  const names = missing.join(', ')
  return {
    status: 'critical',
    message: `${description} lacks ${names}: no backup can be proven or restored there`,
    hint: `Use an image, or install packages, that bring ${names}.`,
  }
}

/** Has a segment of the log written and waits until it is in the archive: nothing less shows that archiving works. Throws when it does not. */
async function tryArchiving(ports: Ports, signal: AbortSignal) {
  const engine = await ports.physical()
  // First, since its words say what to set where nothing is archived at all.
  await readArchiver(ports, signal)
  await engine.check()
  return {engine: await engine.describe(), archiver: await readArchiver(ports, signal)}
}
