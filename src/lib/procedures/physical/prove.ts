import type {Proof, ProofDepth} from '../../domain/backup-set.ts'
import {compareCatalogues} from '../../domain/compare.ts'
import type {Catalogue, Difference, DumpContents} from '../../domain/inventory.ts'
import {SqlDumpReader} from '../../domain/sql-dump.ts'
import {OperatorError} from '../../errors.ts'
import type {DatabaseServer} from '../../ports.ts'
import type {Recovery} from '../../ports/physical.ts'
import {readState} from '../database-contents.ts'
import {proveStructure} from '../structure-proof.ts'

export interface ServerProof extends Pick<
  Proof,
  'tables' | 'rows' | 'indexes' | 'constraints' | 'sequences' | 'differences' | 'serverVersion'
> {
  /** Null where no traces may be left. */
  depth: ProofDepth | null
}

export interface ProvingOptions {
  /** What the recovered server is compared with; null where none answers. */
  live: DatabaseServer | null
  /** It is thrown away afterwards: every index may be walked through, which leaves traces. */
  throwAway: boolean
}

/** Beyond so many, further differences from the live server say nothing new. */
const notesKept = 50

/** Reads every table of every database of a recovered server to its end, and compares the catalogues with those of the live one. */
export async function proveServer(recovery: Recovery, {live, throwAway}: ProvingOptions): Promise<ServerProof> {
  const {database: server} = recovery
  const databases = await server.query<{name: string}>(
    'postgres',
    'SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname',
  )
  const parts: DatabaseProof[] = []
  for (const {name} of databases) parts.push(await proveDatabase(server, name, {live, throwAway}))
  const sum = (measure: (part: DatabaseProof) => number) => parts.reduce((total, part) => total + measure(part), 0)
  const differences = parts.flatMap((part) => part.differences)
  return {
    serverVersion: (await server.facts()).version,
    tables: sum(({contents}) => contents.tables.length),
    rows: sum(({contents}) => contents.tables.reduce((rows, table) => rows + table.rows, 0)),
    indexes: sum(({catalogue}) => catalogue.indexes.length),
    constraints: sum(({catalogue}) => catalogue.constraints.length),
    sequences: sum(({contents}) => contents.sequences.length),
    depth: throwAway ? depthOf(parts) : null,
    differences: [...differences.filter(isFatal), ...differences.filter((each) => !isFatal(each)).slice(0, notesKept)],
  }
}

interface DatabaseProof {
  catalogue: Catalogue
  contents: DumpContents
  structure: {btreeIndexes: number | null; vectorIndexes: number} | null
  differences: readonly Difference[]
}

async function proveDatabase(server: DatabaseServer, name: string, {live, throwAway}: ProvingOptions): Promise<DatabaseProof> {
  const {catalogue} = await readState(server, name)
  const contents = await readToEnd(server, name)
  const structure = throwAway ? await proveStructure(server, name, catalogue) : null
  const notes = live === null ? [] : await compareWithLive(live, name, catalogue)
  return {catalogue, contents, structure, differences: [...(structure?.differences ?? []), ...notes]}
}

/** As a dump reads it: every value of every row, and those that are stored apart from their rows, too. */
async function readToEnd(server: DatabaseServer, name: string): Promise<DumpContents> {
  const reader = new SqlDumpReader()
  for await (const chunk of server.data(name)) reader.push(chunk)
  return reader.end().contents
}

/** What the live server has otherwise may be why somebody recovers at all, so it never spoils a proof. */
async function compareWithLive(live: DatabaseServer, name: string, catalogue: Catalogue): Promise<Difference[]> {
  const note = (difference: Difference): Difference => ({...difference, subject: `${name}: ${difference.subject}`, severity: 'note'})
  try {
    return compareCatalogues((await readState(live, name)).catalogue, catalogue).map(note)
  } catch (error) {
    if (!(error instanceof OperatorError) || !['notFound', 'failed', 'denied', 'unreachable'].includes(error.kind)) throw error
    return [note({subject: 'live database', expected: 'to compare with', actual: error.message, severity: 'note'})]
  }
}

function depthOf(parts: readonly DatabaseProof[]): ProofDepth {
  const counts = parts.map(({structure}) => structure?.btreeIndexes ?? null)
  return {
    hashed: false,
    btreeIndexes: counts.includes(null) ? null : counts.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    vectorIndexes: parts.reduce((sum, {structure}) => sum + (structure?.vectorIndexes ?? 0), 0),
    roles: null,
    privileges: null,
  }
}

function isFatal({severity}: Difference): boolean {
  return severity === 'fatal'
}
