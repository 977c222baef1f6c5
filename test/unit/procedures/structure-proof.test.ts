import {expect, test} from 'vitest'
import type {Catalogue, IndexState} from '../../../src/lib/domain/inventory.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {DatabaseServer} from '../../../src/lib/ports.ts'
import {proveStructure} from '../../../src/lib/procedures/structure-proof.ts'

function index(name: string, method: string): IndexState {
  return {schema: 'public', name, table: 'docs', valid: true, definition: `CREATE INDEX ${name} ON public.docs USING ${method} (e)`}
}

const btrees = Array.from({length: 150}, (_, number) => index(`by_${number}`, 'btree'))
const catalogue = {indexes: [...btrees, index('near', 'hnsw')]} as unknown as Catalogue

interface Server {
  /** Indexes that amcheck finds broken. */
  broken?: readonly string[]
  /** What the vector index answers. */
  probe?: {used: string | null; possible: number; answered: number} | OperatorError
  amcheck?: boolean
  /** Instead of an answer of amcheck. */
  failing?: OperatorError
}

/** Returns what the proof finds, and how often amcheck was asked. */
async function prove({broken = [], probe = {used: 'near', possible: 1, answered: 1}, amcheck = true, failing}: Server) {
  let asked = 0
  const query = async (_database: string, sql: string): Promise<unknown[]> => {
    if (sql.includes('pg_available_extensions')) return amcheck ? [{installed: null}] : []
    if (sql.includes("relkind = 'I'")) return []
    if (sql.includes('bt_index_check')) {
      asked += 1
      const named = broken.find((name) => sql.includes(`"public"."${name}"`) || sql.includes(`public.${name}'`))
      if (failing) throw failing
      if (named !== undefined) throw new OperatorError('failed', `item order invariant violated for index "${named}"`)
      return []
    }
    if (probe instanceof OperatorError) throw probe
    return [probe]
  }
  const server = {query, execute: async () => {}} as unknown as DatabaseServer
  return {...(await proveStructure(server, 'shop', catalogue)), asked}
}

test('indexes that work are asked many at a time', async () => {
  expect(await prove({})).toEqual({btreeIndexes: 150, vectorIndexes: 1, differences: [], asked: 2})
})

test('each btree index that is out of order is named, with what amcheck says', async () => {
  const {differences} = await prove({broken: ['by_7', 'by_149']})
  expect(differences).toEqual(
    ['by_7', 'by_149'].map((name) => ({
      subject: `index public.${name}`,
      expected: 'in order',
      actual: `item order invariant violated for index "${name}"`,
      severity: 'fatal',
    })),
  )
})

test.each([
  ['that no query uses', {used: null, possible: 1, answered: 0}, 'another plan'],
  ['that finds nothing where there is something', {used: 'near', possible: 1, answered: 0}, 'no row'],
  ['that fails', new OperatorError('failed', 'could not read block 0'), 'could not read block 0'],
])('a vector index %s spoils the proof', async (_name, probe, actual) => {
  expect((await prove({probe})).differences).toMatchObject([{subject: 'index public.near', actual, severity: 'fatal'}])
})

test('a vector index of no rows has nothing to find', async () => {
  expect((await prove({probe: {used: 'near', possible: 0, answered: 0}})).differences).toEqual([])
})

test('where the server has no amcheck, the proof does not claim that btrees were walked through', async () => {
  expect(await prove({amcheck: false})).toMatchObject({btreeIndexes: null, asked: 0})
})

test('a server that goes away is no broken index', async () => {
  await expect(prove({failing: new OperatorError('unreachable', 'the server is gone')})).rejects.toMatchObject({kind: 'unreachable'})
})
