import {appendFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {listBackups, makeDamageableSet, type DamageableSet} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

interface Lack {
  lack: string
  /** What is done to a copy of the database before it is dumped. */
  script: string
  words?: string[]
  /** What the operator must be told. */
  told: RegExp[]
}

const lacks: Lack[] = [
  {lack: 'a table', script: '', words: ['--exclude-table=state'], told: [/table public\.state: expected present, found none/]},
  {lack: 'one row', script: 'DELETE FROM orders WHERE id = 77', told: [/table public\.orders: expected 30000 rows, found 29999 rows/]},
  {
    lack: 'an index, a foreign key and the count of a sequence',
    script: `DROP INDEX orders_of_customer; ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey; SELECT setval('orders_id_seq', 5)`,
    told: [
      /index public\.orders_of_customer: expected CREATE INDEX .*, found none/,
      /constraint public\.orders orders_customer_fkey: expected FOREIGN KEY .*, found none/,
      /sequence public\.orders_id_seq: expected 30000, found 5/,
    ],
  },
  {
    lack: 'the right values in two rows and a large object',
    script: `UPDATE customers SET name = 'customer ' || 3 - id WHERE id IN (1, 2); SELECT lo_put(4711, 2, 'x')`,
    told: [/contents of table public\.customers: expected hash \w+, found hash \w+\n.*contents of large objects: expected hash/],
  },
]

describe('a dump whose bytes are as recorded but which lacks something', () => {
  let scene: HostScene
  let set: DamageableSet
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    await scene.sql(`SELECT lo_from_bytea(4711, 'abcdef'); CREATE ROLE reader; GRANT SELECT ON customers TO reader`)
    set = await makeDamageableSet(scene)
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())

  it.for(lacks)(
    'is found out by verify, and by restore before the swap, when it lacks $lack',
    async ({script, words = [], told}, {skip}) => {
      skip(!scene, 'PostgreSQL is missing')
      await scene.sql('CREATE DATABASE altered TEMPLATE shop', 'postgres')
      await scene.sql(script, 'altered')
      await set.restore()
      await set.forge(await scene.dump('altered', ...words))
      await scene.sql('DROP DATABASE altered', 'postgres')
      const live = await scene.fingerprint()

      const verified = await scene.run(['verify', set.id])
      expect(verified.code).toBe(13)
      for (const line of told) expect(verified.stdout).toMatch(line)
      expect((await listBackups(scene)).backups).toMatchObject([{id: set.id, proven: false}])

      const restored = await scene.run(['restore', set.id, '--yes'])
      expect(restored.code).toBe(13)
      for (const line of told) expect(restored.stderr).toMatch(line)
      expect(await scene.fingerprint()).toBe(live)
      expect(await scene.debris()).toEqual([])
    },
  )

  it('is found out by verify when it lacks a privilege', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    await scene.sql('CREATE DATABASE altered TEMPLATE shop', 'postgres')
    await scene.sql('REVOKE SELECT ON customers FROM reader', 'altered')
    await set.restore()
    await set.forge(await scene.dump('altered'))
    await scene.sql('DROP DATABASE altered', 'postgres')
    expect(await scene.run(['verify', set.id])).toMatchObject({
      code: 13,
      stdout: expect.stringMatching(/table public\.customers: expected owner \S+; .*reader=r\/.*, found none/),
    })
  })

  it('is proven when it lacks nothing, down to contents, indexes, roles and privileges', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    await set.restore()
    const {code, stdout} = await scene.run(['verify', set.id, '--json'])
    const {proof} = JSON.parse(stdout) as {proof: object}
    expect({code, proof}).toMatchObject({
      code: 0,
      proof: {passed: true, differences: [], depth: {hashed: true, btreeIndexes: 3, vectorIndexes: 0, roles: 2, privileges: 2}},
    })
  })

  it('can be looked at beside the live database, whole or some tables of it, and what was kept can be dropped', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    await set.restore()
    const live = await scene.fingerprint()
    const some = ['restore', '--at', '1s ago', '--target', 'look', '--tables', 'public.orders,state', '--yes', '--json']
    expect(await scene.run(some)).toMatchObject({code: 0, stdout: expect.stringContaining('"rows": 30001')})
    expect(await scene.sql(`SELECT count(*), (SELECT count(*) FROM customers), nextval('orders_id_seq') FROM orders`, 'look')).toBe(
      '30000|0|30001',
    )
    expect(
      await scene.sql(
        `SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype IN ('p', 'f')`,
        'look',
      ),
    ).toBe('orders_pkey')
    expect(await scene.sql(`SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'`, 'look')).toBe('2')
    expect(await scene.run(some)).toMatchObject({code: 4})
    expect(await scene.run(['restore', set.id, '--target', 'missing', '--tables', 'invoices', '--yes'])).toMatchObject({code: 9})
    expect(await scene.fingerprint()).toBe(live)
    await scene.sql('DROP DATABASE look', 'postgres')

    expect(await scene.run(['restore', set.id, '--yes'])).toMatchObject({code: 0})
    expect(await scene.run(['restore', '--prune-old', '--keep', '0', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/shop_before_\d{8}_\d{6}, \d+/),
    })
    expect(await scene.sql(`SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate`, 'postgres')).toBe(
      'postgres shop',
    )
    expect(await scene.fingerprint()).toBe(live)
    expect(await scene.debris()).toEqual([])
  })

  it('brings the roles along that the server lost, with their passwords', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    await scene.sql('DROP OWNED BY reader')
    await scene.sql('DROP ROLE reader', 'postgres')
    const {code, stdout} = await scene.run(['restore', set.id, '--target', 'look', '--yes'])
    expect({code, stdout}).toMatchObject({code: 0, stdout: expect.stringContaining('made       1 role: reader')})
    expect(await scene.sql(`SELECT has_table_privilege('reader', 'customers', 'SELECT')`, 'look')).toBe('t')
    await scene.sql('DROP DATABASE look', 'postgres')
  })

  it('fails a drill whose program finds something else in it, and nothing is left of either', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    const ask = `psql "$DATABASE_URL" --no-psqlrc --tuples-only --no-align --command "SELECT 'asked', count(*) FROM orders"; exit 3`
    await appendFile(path.join(scene.folder, 'sparkone.yml'), `drill:\n  command: [sh, -c, ${JSON.stringify(ask)}]\n`)
    const {code, stdout} = await scene.run(['drill'])
    expect({code, stdout}).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('sh: expected ends with 0, found ended with 3: asked|30000'),
    })
    expect(await scene.debris()).toEqual([])
  })
})
