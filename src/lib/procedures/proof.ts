import {totalRows, type DatabaseProperties, type Proof} from '../domain/backup-set.ts'
import {withoutCreationOf} from '../domain/globals.ts'
import {derivedName} from '../domain/identifier.ts'
import type {Difference} from '../domain/inventory.ts'
import {assertExtensions} from '../domain/restore-safety.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer, EphemeralServer, OriginalServer, Ports, SetCollection} from '../ports.ts'
import {expectationOf, rehearse, type Expectation, type Rehearsal} from './rehearsal.ts'
import {fromText, readText} from './text.ts'
import {inspectFile, readBackSet, type RestoreSource} from './restore-source.ts'

export interface ProvingOptions {
  /** Programs on this machine must be able to connect to the throw-away server. */
  reachable?: boolean
  /** Called with what was restored before the throw-away server goes, unless the restore itself failed. */
  afterwards?(server: EphemeralServer, database: string): Promise<void>
}

/**
 * Restores a source into a throw-away server, compares everything and returns what that showed. Throws `corrupt` when the stored bytes are damaged
 * and `incompatible`, naming them, when the throw-away server lacks extensions.
 */
export async function prove(
  source: RestoreSource,
  sets: Pick<SetCollection, 'read'>,
  ports: Ports,
  {reachable = false, afterwards}: ProvingOptions = {},
): Promise<Proof> {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const runtime = await ports.runtime()
  if (source.kind === 'set') await progress.step('Read the stored bytes back', () => readBackSet(source.set, sets))
  const readBack = clock.elapsed()
  const original = source.kind === 'set' ? source.set.manifest.server : await runtime.database.facts()
  const roles = await rolesFor(source, original, sets, runtime.database)
  await using ephemeral = await progress.step('Start a throw-away server', () => runtime.database.ephemeral(original, {reachable}))
  const started = clock.elapsed()
  if (source.kind === 'set') await assertHasExtensions(source.set.manifest, ephemeral.database)
  const outcome = await rehearseOn(ephemeral.database, source, roles, sets, ports)
  const total = clock.elapsed() - begin
  if (outcome.rehearsal) await afterwards?.(ephemeral, databaseFor(source))
  const {restore, compare} = outcome.rehearsal?.seconds ?? {restore: 0, compare: 0}
  const milliseconds = {readBack: readBack - begin, start: started - readBack, restore: restore * 1000, compare: compare * 1000, total}
  return toProof(source, ephemeral.description, outcome, {
    version: (await ephemeral.database.facts()).version,
    verifiedAt: clock.now().toISOString(),
    seconds: inSeconds(milliseconds),
  })
}

/** Returns the proof of a set whose stored bytes are damaged, which is proven no longer, whatever was shown before. */
export function withdrawnProof(source: Extract<RestoreSource, {kind: 'set'}>, reason: string, now: Date): Proof {
  const differences = [{subject: 'stored bytes', expected: 'as written', actual: reason, severity: 'fatal' as const}]
  const outcome = {rehearsal: null, expectation: expectationOf(source.set.manifest), differences}
  const seconds = {readBack: 0, start: 0, restore: 0, compare: 0, total: 0}
  const circumstances = {version: source.set.manifest.server.version, verifiedAt: now.toISOString(), seconds}
  return toProof(source, 'the stored bytes themselves', outcome, circumstances)
}

const encoding: DatabaseProperties = {
  owner: 'postgres',
  encoding: 'UTF8',
  localeProvider: 'c',
  collate: 'C',
  ctype: 'C',
  locale: null,
  connectionLimit: -1,
  comment: null,
  settings: [],
  privileges: null,
}

async function assertHasExtensions(manifest: Parameters<typeof assertExtensions>[0], server: DatabaseServer): Promise<void> {
  const rows = await server.query<{name: string}>('postgres', 'SELECT name FROM pg_available_extensions')
  const available = rows.map(({name}) => name)
  assertExtensions(manifest, available, 'throw-away server')
}

/** What the rehearsal showed; without one, the restore itself failed, which `differences` tells. */
interface Outcome {
  rehearsal: Rehearsal | null
  expectation: Expectation
  differences: readonly Difference[]
}

async function rehearseOn(
  server: DatabaseServer,
  source: RestoreSource,
  roles: string,
  sets: Pick<SetCollection, 'read'>,
  ports: Ports,
): Promise<Outcome> {
  const expectation = source.kind === 'set' ? expectationOf(source.set.manifest) : await fileExpectation(source, server)
  const database = databaseFor(source)
  try {
    await server.restoreScript('postgres', fromText(roles))
    const rehearsal = await rehearse({source, expectation, server, database, of: database, depth: 'everything'}, sets, ports)
    return {rehearsal, expectation, differences: rehearsal.differences}
  } catch (error) {
    if (!(error instanceof OperatorError) || !['failed', 'notFound', 'incompatible'].includes(error.kind)) throw error
    return {
      rehearsal: null,
      expectation,
      differences: [{subject: 'restore', expected: 'success', actual: error.message, severity: 'fatal'}],
    }
  }
}

function databaseFor(source: RestoreSource): string {
  return derivedName(source.kind === 'set' ? source.set.manifest.database : 'sparkone_verify', '_verify')
}

/** The throw-away server has but the first role of the original: a set brings the others, a file is meant for those of the live server. */
async function rolesFor(
  source: RestoreSource,
  {superuser}: OriginalServer,
  sets: Pick<SetCollection, 'read'>,
  live: DatabaseServer,
): Promise<string> {
  const globals = source.kind === 'set' ? await readText(sets.read(source.set, 'globals.sql')) : await live.globals()
  return withoutCreationOf(superuser, globals)
}

async function fileExpectation({file}: Extract<RestoreSource, {kind: 'file'}>, server: DatabaseServer): Promise<Expectation> {
  const [owner] = await server.query<{name: string}>('postgres', 'SELECT current_user AS name')
  const properties = {...encoding, owner: owner?.name ?? 'postgres'}
  return {...(await inspectFile(file, server)), catalogue: null, properties, access: null, majorVersion: null}
}

interface Circumstances {
  version: string
  verifiedAt: string
  seconds: Proof['seconds']
}

function toProof(source: RestoreSource, where: string, outcome: Outcome, {version, verifiedAt, seconds}: Circumstances): Proof {
  return {
    format: 1,
    id: source.label,
    verifiedAt,
    passed: outcome.differences.every(({severity}) => severity === 'note'),
    where,
    serverVersion: version,
    ...countsOf(outcome.rehearsal),
    differences: outcome.differences,
    seconds,
  }
}

type Counts = Pick<Proof, 'tables' | 'rows' | 'indexes' | 'constraints' | 'sequences' | 'depth' | 'loading'>

function countsOf(rehearsal: Rehearsal | null): Counts {
  if (!rehearsal) return {tables: 0, rows: 0, indexes: 0, constraints: 0, sequences: 0}
  const {contents, catalogue, depth, loading} = rehearsal
  return {
    tables: contents.tables.length,
    rows: totalRows({contents}),
    indexes: catalogue.indexes.length,
    constraints: catalogue.constraints.length,
    sequences: contents.sequences.length,
    ...(depth ? {depth} : {}),
    ...(loading ? {loading} : {}),
  }
}

function inSeconds<T extends Record<string, number>>(milliseconds: T): T {
  return Object.fromEntries(Object.entries(milliseconds).map(([key, value]) => [key, Math.round(value) / 1000])) as T
}
