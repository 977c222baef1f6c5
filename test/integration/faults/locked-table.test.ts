import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {soon} from '../../support/faults/programs.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const held = `SELECT pid FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock' AND granted`

describe('a table that a migration has locked', () => {
  let scene: HostScene
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    const file = path.join(scene.folder, 'sparkone.yml')
    await writeFile(file, (await readFile(file, 'utf8')).replace('backup: {', 'backup: {lockWait: 300ms, '))
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())

  it('is waited for no longer than was set, and what ended the backup is told', async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    const migration = scene.sql('BEGIN; LOCK TABLE orders; SELECT pg_sleep(60)').catch(() => 'ended')
    const pid = await soon('the lock', async () => (await scene.sql(held)) || null)
    const {code, stderr} = await scene.run(['backup'])
    await scene.sql(`SELECT pg_terminate_backend(${pid})`)
    await migration
    expect(code).toBe(7)
    expect(stderr).toMatch(/database shop failed: canceling statement due to (?:lock|statement) timeout/)
    expect(stderr).toMatch(/backup\.lockWait/)
    expect(await scene.debris()).toEqual([])
  })
})
