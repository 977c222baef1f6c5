import {readdir, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import type {Manifest} from '../../../src/lib/domain/backup-set.ts'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {childOf, holdHalfWay, soon} from '../../support/faults/programs.ts'
import {damageOf, makeBackup, makeDamageableSet} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

describe('a backup that several processes write', () => {
  let scene: HostScene
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    // The largest table stays in the dump itself, so that orders, the second, lies apart.
    await scene.sql(`INSERT INTO customers (name, note) SELECT 'more', repeat(md5(i::text), 4) FROM generate_series(1, 40000) i; ANALYZE`)
    const file = path.join(scene.folder, 'sparkone.yml')
    await writeFile(file, (await readFile(file, 'utf8')).replace('backup: {', 'backup: {jobs: 2, '))
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  const answerOf = async (...words: string[]) => JSON.parse((await scene.run([...words, '--json'])).stdout) as Record<string, unknown>
  const setNames = () => readdir(scene.sets).catch(() => [])

  /** Stops the process that writes the rows of `orders`, and lets the run go on. */
  async function holdRows() {
    const run = scene.start(['backup', '--json'])
    const rows = await childOf(run, /pg_dump .*--data-only/)
    const held = await holdHalfWay(run, async () => rows)
    return {run, held}
  }

  it('is none when one of them is killed, and the others do not go on for nothing', async () => {
    const {run, held} = await holdRows()
    process.kill(held.pid, 'SIGKILL')
    const {code, stdout} = await run.ended
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({error: {message: expect.stringContaining('Dumping database shop failed')}})
    expect(await setNames()).toEqual([])
    expect(await scene.debris()).toEqual([])
  })

  it('leaves nothing behind when it is killed itself', async () => {
    const {run, held} = await holdRows()
    run.child.kill('SIGKILL')
    await run.ended
    held.release()
    await makeBackup(scene)
    expect(await scene.debris()).toEqual([])
  })

  it('holds what was there at its beginning, whatever is written, counted up and emptied meanwhile', async () => {
    const before = await scene.fingerprint()
    const {run, held} = await holdRows()
    await scene.sql(`UPDATE state SET version = 7; UPDATE customers SET name = 'changed' WHERE id < 10; SELECT nextval('orders_id_seq')`)
    const emptying = scene.sql('TRUNCATE orders')
    const waiting = `SELECT 1 FROM pg_locks WHERE relation = 'orders'::regclass AND NOT granted`
    await soon('the truncation to wait for the dump', async () => (await scene.sql(waiting)) || null)
    held.release()
    expect((await run.ended).code).toBe(0)
    await emptying
    expect(await answerOf('verify', 'latest')).toMatchObject({proof: {passed: true, differences: []}})
    expect(await answerOf('restore', 'latest', '--yes')).toMatchObject({status: 'done'})
    // A sequence knows no snapshot: what it says depends on whether it was asked before it was counted up.
    expect(await scene.sql('SELECT last_value FROM orders_id_seq')).toMatch(/^3000[01]$/)
    await scene.sql(`SELECT setval('orders_id_seq', 30000)`)
    expect(await scene.fingerprint()).toBe(before)
    await scene.dropKept()
  })

  it('is found damaged where bytes of one of its members were changed or lost', async () => {
    const set = await makeDamageableSet(scene)
    expect(await damageOf(set.location)).toEqual([])
    const {dumping} = JSON.parse(await readFile(path.join(set.location, 'manifest.json'), 'utf8')) as Manifest
    const [rows] = dumping!.rows
    expect(dumping).toMatchObject({jobs: 2, why: 'backup.jobs is 2'})
    await set.flip(rows!.member, 0.5)
    expect(await answerOf('verify', set.id)).toMatchObject({exitCode: 13})
    await set.restore()
    await set.cut(rows!.member, 50)
    expect(await answerOf('restore', set.id, '--yes')).toMatchObject({exitCode: 13})
    await set.restore()
  })

  it('gives back a table alone, wherever its rows lie', async () => {
    const rows = await scene.sql('SELECT count(*) FROM orders')
    for (const [name, expected] of [
      ['orders', `${rows}\n0`],
      ['customers', `0\n${await scene.sql('SELECT count(*) FROM customers')}`],
    ] as const) {
      expect(await answerOf('restore', 'latest', '--target', `only_${name}`, '--tables', name, '--yes')).toMatchObject({status: 'done'})
      expect(await scene.sql('SELECT count(*) FROM orders; SELECT count(*) FROM customers', `only_${name}`)).toBe(expected)
    }
  })
})
