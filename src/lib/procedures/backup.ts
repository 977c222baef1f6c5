import type {Change} from '../change.ts'
import {findAnomalies, standardAnomalyRule, type AnomalyRule} from '../domain/anomaly.ts'
import {backupId, newestFirst, totalBytes, type BackupSet, type Manifest, type ServerFacts} from '../domain/backup-set.ts'
import {largeDatabaseBytes, oneStream, planDump, type DumpPlan, type DumpWeights} from '../domain/dump-streams.ts'
import {quoteLiteral} from '../domain/identifier.ts'
import type {DumpContents} from '../domain/inventory.ts'
import type {RecipientConfirmation} from '../domain/encryption.ts'
import type {CopyOutcome} from '../domain/offsite.ts'
import {formatBytes} from '../domain/quantity.ts'
import {recoverySteps} from '../domain/recovery-steps.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, SetDraft} from '../ports.ts'
import {assertComplete, writeDump, type WrittenDump} from './backup-dump.ts'
import {assertDecryptable, assertRoom, makeSet} from './new-set.ts'
import {fromText} from './text.ts'

export interface BackupInput {
  allowEmpty: boolean
  /** Words that retention can keep by. */
  tags?: readonly string[]
  /** When the backup counts as suspiciously small. */
  anomaly?: AnomalyRule
  /** By how many processes at once it is dumped at most; null: as many as are worth it. */
  jobs?: number | null
}

interface Facts {
  id: string
  startedAt: Date
  database: string
  server: ServerFacts
  databaseBytes: number
  /** Null where it was known without them that one process is enough. */
  weights: DumpWeights | null
  freeBytes: number
  earlier: readonly BackupSet[]
  location: string
  keys: readonly RecipientConfirmation[]
  targets: readonly string[]
}

export interface BackupPlan {
  summary: readonly string[]
  id: string
  startedAt: Date
  database: string
  server: ServerFacts
  databaseBytes: number
  allowEmpty: boolean
  tags: readonly string[]
  anomaly: AnomalyRule
  /** Sets that the new one is compared with. */
  earlier: readonly BackupSet[]
  keys: readonly RecipientConfirmation[]
  streams: DumpPlan
  /** Bytes of the dump, foretold from the last set; null for a first backup. */
  foretoldBytes: number | null
}

export interface BackupResult {
  set: BackupSet
  /** How the copy at each target went. */
  copies: readonly CopyOutcome[]
  seconds: {dump: number; readBack: number; total: number}
}

/** Without an earlier set to learn from, a dump is guessed to need this part of the database's size. */
const guessedRatio = 0.3
/** Room beyond what the last dump took. */
const spaceMargin = 1.2

/** Dumps the database into a new set, reads the stored bytes back in full and only then makes the set visible. */
export const backup: Change<BackupInput, Facts, BackupPlan, BackupResult> = {
  name: 'backup',

  async gather({jobs = null}, ports) {
    const [runtime, store] = [await ports.runtime(), await ports.store()]
    const startedAt = ports.clock.now()
    const database = runtime.databaseName
    const server = await runtime.database.facts()
    const [size] = await runtime.database.query<{bytes: number}>(
      'postgres',
      `SELECT pg_database_size(oid) AS bytes FROM pg_database WHERE datname = ${quoteLiteral(database)}`,
    )
    if (!size)
      throw new OperatorError('notFound', `There is no database ${database}.`, {hint: 'sparkone config shows where the name comes from.'})
    const earlier = newestFirst(await store.list()).filter(({manifest}) => manifest.database === database)
    const id = backupId(startedAt, ports.random.shortId())
    return {
      id,
      startedAt,
      database,
      server,
      databaseBytes: size.bytes,
      weights: isWorthWeighing(size.bytes, jobs) ? await runtime.database.weigh(database) : null,
      freeBytes: await store.freeBytes(),
      earlier,
      location: store.location,
      keys: await (await ports.encryption()).confirmations(),
      targets: (await ports.offsite()).map(({name, store: {location: place}}) => `${name} (${place})`),
    }
  },

  plan({freeBytes, location, targets, weights, ...facts}, {allowEmpty, tags = [], anomaly = standardAnomalyRule, jobs = null}) {
    const {id, database, databaseBytes, server, earlier, keys} = facts
    assertDecryptable(keys)
    const [previous = null] = earlier
    const expected = expectedBytes(databaseBytes, previous)
    assertRoom(expected, {freeBytes, location})
    const streams = weights ? planDump(weights, jobs) : oneStream(jobs === 1 ? 'backup.jobs is 1' : 'the database is small')
    const by = streams.jobs > 1 ? ` by ${streams.jobs} processes (${streams.why})` : ''
    const summary = [
      `dump database ${database} (${formatBytes(databaseBytes)}, PostgreSQL ${server.version}) into ${location}/${id}${by}`,
      'read the stored bytes back in full and count the rows of each table',
      `about ${formatBytes(expected)} needed, ${formatBytes(freeBytes)} free`,
      ...targets.map((target) => `copy it to ${target} while it is being written`),
    ]
    return {...facts, summary, allowEmpty, tags, anomaly, streams, foretoldBytes: previous && Math.round(expected / spaceMargin)}
  },

  apply(plan, ports) {
    const expected = plan.foretoldBytes ?? plan.databaseBytes
    return makeSet({id: plan.id, expectedBytes: expected}, (draft) => fill(draft, plan, ports), ports)
  },
}

/** Tables are smaller than their database, so a small one need not be asked for them. */
function isWorthWeighing(databaseBytes: number, jobs: number | null): boolean {
  return jobs === null ? databaseBytes >= largeDatabaseBytes : jobs > 1
}

function expectedBytes(databaseBytes: number, previous: BackupSet | null): number {
  if (!previous || previous.manifest.databaseBytes === 0) return Math.round(databaseBytes * guessedRatio)
  return Math.round((totalBytes(previous.manifest) / previous.manifest.databaseBytes) * databaseBytes * spaceMargin)
}

async function fill(draft: SetDraft, plan: BackupPlan, ports: Ports): Promise<Omit<BackupResult, 'copies'>> {
  const {progress, clock} = ports
  const server = (await ports.runtime()).database
  const begin = clock.elapsed()
  const {snapshot, members, program, dumping, ...written} = await writeDump(draft, plan, ports, server)
  if (snapshot.catalogue.tables.length === 0 && !plan.allowEmpty) throw emptyError(plan.database)
  const dumped = clock.elapsed()
  const contents = await progress.step('Read the stored bytes back', () => written.contents)
  assertComplete(snapshot, contents)
  const readBackAt = clock.elapsed()
  const globals = await draft.write('globals.sql', fromText(await server.globals()))
  const steps = await draft.write(
    'RESTORE.md',
    fromText(recoverySteps({...plan, properties: snapshot.properties, archives: members.map(({name}) => name)})),
  )
  const manifest = await describe(plan, ports, {snapshot, contents, program, dumping, members: [...members, globals, steps]})
  const set = await draft.publish(manifest)
  const seconds = {dump: (dumped - begin) / 1000, readBack: (readBackAt - dumped) / 1000, total: (clock.elapsed() - begin) / 1000}
  return {set, seconds}
}

function emptyError(database: string): OperatorError {
  return new OperatorError('refused', `Database ${database} has no tables, so a backup of it would prove nothing.`, {
    hint: 'Check database.name with sparkone config; if it is meant to be empty, pass --allow-empty.',
  })
}

type Parts = Pick<WrittenDump, 'snapshot' | 'program' | 'dumping' | 'members'> & {contents: DumpContents}

async function describe(plan: BackupPlan, ports: Ports, parts: Parts): Promise<Manifest> {
  const {id, database, startedAt, server, tags} = plan
  const {snapshot, contents, program, dumping, members} = parts
  const {project, environment, version} = ports.settings
  const {version: pgDump, compression} = program
  const anomalies = findAnomalies({database, contents, members, tool: {compression}}, plan.earlier, plan.anomaly)
  return {
    format: 1,
    id,
    project,
    environment,
    runtime: (await ports.runtime()).kind,
    database,
    startedAt: startedAt.toISOString(),
    finishedAt: ports.clock.now().toISOString(),
    databaseBytes: snapshot.databaseBytes,
    tool: {version, pgDump, compression},
    server,
    properties: snapshot.properties,
    roles: snapshot.roles,
    catalogue: snapshot.catalogue,
    access: snapshot.access,
    contents,
    members,
    dumping,
    ...(tags.length > 0 && {tags}),
    ...(anomalies.length > 0 && {anomalies}),
  }
}
