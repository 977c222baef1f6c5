import type {ClientBase} from 'pg'
import {sumOfWords, toVectorLiteral} from './embedding.ts'
import {phrases} from './seed-phrases.ts'
import {fillTables} from './seed-statements.ts'

export interface SeedOptions {
  /** 1 is about 55,000 rows; the rows of each table grow with it. */
  scale?: number
  /** The same number gives the same rows, byte for byte. */
  randomSeed?: number
}

export interface Seeded {
  users: number
  channels: number
  messages: number
  attachments: number
  events: number
  settings: number
}

const fullSize: Seeded = {users: 2_000, channels: 200, messages: 30_000, attachments: 3_000, events: 20_000, settings: 12}

/** Fills the empty tables of a migrated database in one transaction and returns the rows per table. Rejects when there are users already. */
export async function seed(client: ClientBase, {scale = 1, randomSeed = 1}: SeedOptions = {}): Promise<Seeded> {
  const rows = sizes(scale)
  await client.query('BEGIN')
  try {
    await refuseUnlessEmpty(client)
    // Compiling statements that run once takes longer than running them.
    await client.query('SET LOCAL jit = off')
    await client.query(randomness(randomSeed))
    await storePhrases(client)
    for (const statement of fillTables(rows)) await client.query(statement)
    await client.query('COMMIT')
  } catch (error) {
    // The first error is the one to tell; a session that is gone has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
  await client.query('ANALYZE')
  return rows
}

function sizes(scale: number): Seeded {
  if (!(scale > 0 && scale <= 100)) throw new Error('the scale is a number above 0 and up to 100')
  const entries = Object.entries(fullSize).map(([table, rows]) => [table, Math.max(1, Math.round(rows * scale))])
  return {...(Object.fromEntries(entries) as unknown as Seeded), settings: fullSize.settings}
}

async function refuseUnlessEmpty(client: ClientBase): Promise<void> {
  const {rows} = await client.query('SELECT FROM users LIMIT 1')
  if (rows.length > 0) throw new Error('the database holds data already; only an empty one is seeded')
}

// md5 gives the same numbers on every server version, which random() with a seed does not promise.
function randomness(randomSeed: number): string {
  if (!Number.isSafeInteger(randomSeed)) throw new Error('the random seed is a whole number')
  return `
    CREATE FUNCTION pg_temp.pick(label text, row_number bigint, choices integer) RETURNS integer LANGUAGE sql IMMUTABLE
    AS $$ SELECT 1 + (('x' || substr(md5('${randomSeed}' || label || row_number), 1, 8))::bit(32)::bigint % choices)::integer $$`
}

async function storePhrases(client: ClientBase): Promise<void> {
  const parts = phrases.flatMap((list, part) =>
    list.map((text, index) => ({part, number: index + 1, text, embedding: toVectorLiteral(sumOfWords(text))})),
  )
  await client.query('CREATE TEMPORARY TABLE phrases (part integer, number integer, text text, embedding vector(32)) ON COMMIT DROP')
  await client.query(
    'INSERT INTO phrases SELECT part, number, text, embedding::vector FROM json_to_recordset($1) AS given(part integer, number integer, text text, embedding text)',
    [JSON.stringify(parts)],
  )
}
