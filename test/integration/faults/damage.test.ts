import {rm} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {copySet, flipByte, listBackups, makeDamageableSet, type DamageableSet} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const places = 24
const placeOf = (index: number) => (index + 0.5) / places

describe('a stored backup that is damaged', () => {
  let scene: HostScene
  let set: DamageableSet
  let live: string
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    set = await makeDamageableSet(scene)
    await scene.sql('UPDATE state SET version = 1')
    live = await scene.fingerprint()
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(async ({skip}) => {
    skip(!scene, 'PostgreSQL is missing')
    await set.restore()
  })

  /** What becomes of it, of the database and of the folders when the damaged backup is to be proven and restored. */
  async function attemptBoth() {
    const verified = await scene.run(['verify', set.id])
    const proven = (await listBackups(scene)).backups.filter((backup) => backup.proven)
    return {verify: verified.code, proven, ...(await attemptRestore())}
  }

  async function attemptRestore() {
    const {code} = await scene.run(['restore', set.id, '--yes'])
    return {restore: code, live: await scene.fingerprint(), debris: await scene.debris()}
  }

  const refused = () => ({verify: 13, proven: [], restore: 13, live, debris: []})

  it.for([1, 50, 99])('is refused when its dump is cut at %s %', async (percent) => {
    await set.cut(set.dump, percent)
    expect(await attemptBoth()).toEqual(refused())
  })

  it.for(['globals.sql', 'RESTORE.md'])('is refused when one bit of its %s is flipped', async (name) => {
    await set.flip(name, 0.5)
    expect(await attemptBoth()).toEqual(refused())
  })

  it.for(['dump', 'globals.sql', 'RESTORE.md'])('is refused when its %s is gone', async (name) => {
    await rm(path.join(set.location, name === 'dump' ? set.dump : name))
    expect(await attemptBoth()).toEqual(refused())
  })

  it(`is found out by verify, wherever of ${places} places of its dump one bit is flipped`, async () => {
    for (let index = 0; index < places; index += 1) {
      await set.restore()
      await set.flip(set.dump, placeOf(index))
      expect(await scene.run(['verify', set.id]), `place ${index}`).toMatchObject({code: 13})
    }
  })

  it('is refused by restore, wherever of 5 places of its dump one bit is flipped', async () => {
    for (const place of [0, 0.25, 0.5, 0.75, 1]) {
      await set.restore()
      await set.flip(set.dump, place)
      expect(await attemptRestore(), `place ${place}`).toEqual({restore: 13, live, debris: []})
    }
  })

  it(`is named as broken and not listed, wherever of ${places} places of its manifest one bit is flipped`, async () => {
    const copies = await copySet(set, places)
    expect((await listBackups(scene)).backups).toHaveLength(places + 1)
    await Promise.all(copies.map((copy, index) => flipByte(path.join(copy, 'manifest.json'), placeOf(index))))
    const {backups, broken} = await listBackups(scene)
    expect(backups.map(({id}) => id)).toEqual([set.id])
    expect(broken.map(({location}) => location).toSorted()).toEqual(copies.toSorted())
    expect(new Set(broken.map(({reason}) => reason))).toEqual(new Set(['its manifest is damaged']))
    const id = path.basename(copies[0]!)
    const told = {code: 13, stderr: expect.stringContaining('its manifest is damaged')}
    expect(await scene.run(['verify', id])).toMatchObject(told)
    expect(await scene.run(['restore', id, '--yes'])).toMatchObject(told)
    await Promise.all(copies.map((copy) => rm(copy, {recursive: true})))
  })

  it(`counts as proven no longer, wherever of ${places} places of its proof one bit is flipped`, async () => {
    expect((await scene.run(['verify', set.id])).code).toBe(0)
    const proven = await listBackups(scene)
    expect(proven.backups).toMatchObject([{id: set.id, proven: true}])
    const copies = await copySet(set, places)
    await Promise.all(copies.map((copy, index) => flipByte(path.join(copy, 'proof.json'), placeOf(index))))
    const {backups} = await listBackups(scene)
    expect(backups.filter((backup) => backup.proven).map(({id}) => id)).toEqual([set.id])
    await Promise.all(copies.map((copy) => rm(copy, {recursive: true})))
  })
})
