import type {Change} from '../change.ts'
import {totalRows, type DatabaseProperties, type Proof} from '../domain/backup-set.ts'
import {withoutCreationOf} from '../domain/globals.ts'
import {derivedName} from '../domain/identifier.ts'
import type {Difference, DumpContents} from '../domain/inventory.ts'
import {OperatorError} from '../errors.ts'
import type {BackupStore, DatabaseServer, OriginalServer, Ports} from '../ports.ts'
import {expectationOf, rehearse, type Expectation, type Rehearsal} from './rehearsal.ts'
import {fromText, readText} from './text.ts'
import {findSource, inspectFile, readBackSet, type RestoreSource} from './restore-source.ts'

export interface VerifyInput {
  selector: string
}

export interface VerifyPlan {
  summary: readonly string[]
  source: RestoreSource
}

export interface VerifyResult {
  source: RestoreSource
  proof: Proof
}

/** Restores a backup into a throw-away server and compares everything. The proof is kept with the set. */
export const verify: Change<VerifyInput, RestoreSource, VerifyPlan, VerifyResult> = {
  name: 'verify',

  gather({selector}, ports) {
    // The newest is the one that still needs its proof; asking for a proven one would prove the same again and again.
    return findSource(selector, ports, {proven: false})
  },

  plan(source) {
    return {
      source,
      summary: [`restore ${source.label} into a throw-away server`, 'compare every table, index, constraint, sequence and extension'],
    }
  },

  async apply({source}, ports) {
    const store = await ports.store()
    try {
      const proof = await prove(source, store, ports)
      if (source.kind === 'set') await store.saveProof(source.set, proof)
      return {source, proof}
    } catch (error) {
      await withdrawProof(source, store, ports, error)
      throw error
    }
  },
}

/** A set whose bytes are damaged is proven no longer, whatever was shown before. */
async function withdrawProof(source: RestoreSource, store: BackupStore, {clock}: Ports, error: unknown): Promise<void> {
  if (source.kind !== 'set' || !(error instanceof OperatorError) || error.kind !== 'corrupt') return
  const differences = [{subject: 'stored bytes', expected: 'as written', actual: error.message, severity: 'fatal' as const}]
  const outcome = {rehearsal: null, expectation: expectationOf(source.set.manifest), differences}
  const seconds = {readBack: 0, start: 0, restore: 0, compare: 0, total: 0}
  const circumstances = {version: source.set.manifest.server.version, verifiedAt: clock.now().toISOString(), seconds}
  await store.saveProof(source.set, toProof(source, 'the stored bytes themselves', outcome, circumstances))
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

async function prove(source: RestoreSource, store: BackupStore, ports: Ports): Promise<Proof> {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const runtime = await ports.runtime()
  if (source.kind === 'set') await progress.step('Read the stored bytes back', () => readBackSet(source.set, store))
  const readBack = clock.elapsed()
  const original = source.kind === 'set' ? source.set.manifest.server : await runtime.database.facts()
  const roles = await rolesFor(source, original, store, runtime.database)
  await using ephemeral = await progress.step('Start a throw-away server', () => runtime.database.ephemeral(original))
  const started = clock.elapsed()
  const outcome = await rehearseOn(ephemeral.database, source, roles, store, ports)
  const seconds = {readBack: readBack - begin, start: started - readBack, restore: 0, compare: 0, total: clock.elapsed() - begin}
  return toProof(source, ephemeral.description, outcome, {
    version: (await ephemeral.database.facts()).version,
    verifiedAt: clock.now().toISOString(),
    seconds: {...mapValues(seconds), ...outcome.rehearsal?.seconds},
  })
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
  store: BackupStore,
  ports: Ports,
): Promise<Outcome> {
  const expectation = source.kind === 'set' ? expectationOf(source.set.manifest) : await fileExpectation(source, server)
  const database = source.kind === 'set' ? source.set.manifest.database : 'sparkone_verify'
  try {
    await server.restoreScript('postgres', fromText(roles))
    const rehearsal = await rehearse({source, expectation, server, database: derivedName(database, '_verify'), of: database}, store, ports)
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

/** The throw-away server has but the first role of the original: a set brings the others, a file is meant for those of the live server. */
async function rolesFor(source: RestoreSource, {superuser}: OriginalServer, store: BackupStore, live: DatabaseServer): Promise<string> {
  const globals = source.kind === 'set' ? await readText(store.read(source.set, 'globals.sql')) : await live.globals()
  return withoutCreationOf(superuser, globals)
}

async function fileExpectation({file}: Extract<RestoreSource, {kind: 'file'}>, server: DatabaseServer): Promise<Expectation> {
  const [owner] = await server.query<{name: string}>('postgres', 'SELECT current_user AS name')
  return {contents: await inspectFile(file, server), catalogue: null, properties: {...encoding, owner: owner?.name ?? 'postgres'}}
}

interface Circumstances {
  version: string
  verifiedAt: string
  seconds: Proof['seconds']
}

function toProof(source: RestoreSource, where: string, outcome: Outcome, {version, verifiedAt, seconds}: Circumstances): Proof {
  const contents: DumpContents = outcome.rehearsal?.contents ?? {tables: [], sequences: [], largeObjects: 0}
  const catalogue = outcome.rehearsal?.catalogue
  return {
    format: 1,
    id: source.label,
    verifiedAt,
    passed: outcome.differences.every(({severity}) => severity === 'note'),
    where,
    serverVersion: version,
    tables: contents.tables.length,
    rows: totalRows({contents}),
    indexes: catalogue?.indexes.length ?? 0,
    constraints: catalogue?.constraints.length ?? 0,
    sequences: contents.sequences.length,
    differences: outcome.differences,
    seconds,
  }
}

function mapValues<T extends Record<string, number>>(milliseconds: T): T {
  return Object.fromEntries(Object.entries(milliseconds).map(([key, value]) => [key, Math.round(value) / 1000])) as T
}
