import {relationKey, type Catalogue, type Difference, type IndexState} from '../domain/inventory.ts'
import {amcheckSql, btreeCheckSql, indexesBy, partitionedIndexesSql, probeSql, vectorProbeSql} from '../domain/structure-sql.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer} from '../ports.ts'

export interface StructureProof {
  /** Null where the server has no amcheck. */
  btreeIndexes: number | null
  vectorIndexes: number
  differences: readonly Difference[]
}

/** So many indexes are walked through in one query. */
const indexesPerQuery = 100

/**
 * Asks every index of a throw-away database whether it works: btrees are walked through by amcheck, vector indexes answer a query. Leaves functions
 * of its own in the database, so read its catalogue before.
 */
export async function proveStructure(server: DatabaseServer, database: string, catalogue: Catalogue): Promise<StructureProof> {
  const real = await withoutPartitioned(server, database, catalogue)
  const btrees = indexesBy(real, 'btree')
  const vectors = indexesBy(real, 'hnsw', 'ivfflat')
  const amcheck = await hasAmcheck(server, database)
  if (amcheck) await server.execute(database, amcheckSql)
  if (vectors.length > 0) await server.execute(database, vectorProbeSql)
  const differences: Difference[] = []
  if (amcheck) for (const part of inParts(btrees)) differences.push(...(await walkThrough(server, database, part)))
  for (const index of vectors) differences.push(...(await probe(server, database, index)))
  return {btreeIndexes: amcheck ? btrees.length : null, vectorIndexes: vectors.length, differences}
}

/** The index of a partitioned table is a name for those of its partitions, which are looked at themselves. */
async function withoutPartitioned(server: DatabaseServer, database: string, {indexes}: Catalogue): Promise<Pick<Catalogue, 'indexes'>> {
  const partitioned = new Set((await server.query<{schema: string; name: string}>(database, partitionedIndexesSql)).map(relationKey))
  return {indexes: indexes.filter((index) => !partitioned.has(relationKey(index)))}
}

/** Not where the backup brought it along: then it is in a schema that is not ours to know. */
async function hasAmcheck(server: DatabaseServer, database: string): Promise<boolean> {
  const rows = await server.query<{installed: string | null}>(
    database,
    `SELECT installed_version AS installed FROM pg_available_extensions WHERE name = 'amcheck'`,
  )
  return rows.length === 1 && rows[0]!.installed === null
}

/** Asked all at once, and one by one only when that failed, to find out which it was. */
async function walkThrough(server: DatabaseServer, database: string, indexes: readonly IndexState[]): Promise<Difference[]> {
  const complaint = await complaintOf(() => server.query(database, btreeCheckSql(indexes)))
  if (complaint === null) return []
  const [only] = indexes
  if (indexes.length === 1 && only) return [broken(only, 'in order', complaint)]
  const differences: Difference[] = []
  for (const index of indexes) differences.push(...(await walkThrough(server, database, [index])))
  return differences
}

interface Probe {
  used: string | null
  possible: number
  answered: number
}

async function probe(server: DatabaseServer, database: string, index: IndexState): Promise<Difference[]> {
  const answer: {rows: Probe[]} = {rows: []}
  const complaint = await complaintOf(async () => {
    answer.rows = await server.query<Probe>(database, probeSql(index))
  })
  const [row] = answer.rows
  if (complaint !== null || !row) return [broken(index, 'an answer', complaint ?? 'none')]
  if (row.used === null) return [broken(index, 'to be used by a query', 'another plan')]
  return row.answered < row.possible ? [broken(index, 'the nearest neighbour', 'no row')] : []
}

function broken(index: IndexState, expected: string, actual: string): Difference {
  return {subject: `index ${relationKey(index)}`, expected, actual, severity: 'fatal'}
}

/** Returns what the server says against it, or null. Throws when it could not be asked. */
async function complaintOf(ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask()
    return null
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'failed') return error.message
    throw error
  }
}

function inParts(indexes: readonly IndexState[]): IndexState[][] {
  return Array.from({length: Math.ceil(indexes.length / indexesPerQuery)}, (_, part) =>
    indexes.slice(part * indexesPerQuery, (part + 1) * indexesPerQuery),
  )
}
