import {beforeEach, describe, expect, test} from 'vitest'
import {apiUrl, openReleaseScene, usualRules} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v3 = ['shop/api:v3', 'shop/api:v3']

describe('rollback', () => {
  test('goes to the last good release before, and twice goes back two', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.fleet.offer('v3')
    await scene.deploy('v3')
    scene.ports.clock.advance(1000)
    expect((await scene.rollback()).result?.release).toMatchObject({kind: 'rollback', version: 'v2', outcome: 'good'})
    scene.ports.clock.advance(1000)
    await scene.rollback()
    expect(scene.ports.fleet.running).toEqual(v1)
    scene.ports.clock.advance(1000)
    await expect(scene.rollback()).rejects.toMatchObject({kind: 'notFound'})
    await scene.rollback('v3')
    expect(scene.ports.fleet.running).toEqual(v3)
  })

  test('passes over a release that failed', async () => {
    scene.ports.fleet.ill.add('v2')
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack'})
    scene.ports.clock.advance(1000)
    scene.ports.fleet.offer('v3')
    await scene.deploy('v3')
    await scene.rollback()
    expect(scene.ports.fleet.running).toEqual(v1)
    await expect(scene.rollback('v2')).rejects.toMatchObject({kind: 'refused', message: 'Release v2 never was good.'})
  })

  test.each([
    ['one that is unknown', 'v9', 'notFound'],
    ['what looks like a flag', '--help', 'notFound'],
    ['what runs', 'v2', 'refused'],
  ])('refuses %s, and changes nothing', async (_, selector, kind) => {
    await scene.deploy('v2')
    const events = scene.ports.fleet.running
    await expect(scene.rollback(selector)).rejects.toMatchObject({kind})
    expect(scene.ports.fleet.running).toEqual(events)
  })

  const migrations = [
    ['that older code cannot work with', {name: '002', breaking: true}],
    ['of which nothing says that', {name: '002', breaking: null}],
  ] as const

  test.each(migrations)('across a migration %s is refused with 6 before anything is touched', async (_, migration) => {
    scene.offer('v2', migration)
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    const [backup] = await scene.ports.sets.list()
    const events = [...scene.ports.events]
    await expect(scene.rollback()).rejects.toMatchObject({
      kind: 'incompatible',
      exitCode: 6,
      hint: expect.stringMatching(new RegExp(`Forward: .*--with-data \\(backup ${backup!.manifest.id}\\)`)),
    })
    expect(scene.ports.events.slice(events.length).filter((event) => /^(add|remove|set|migrate)/.test(event))).toEqual([])
  })

  test('across a migration that older code can work with is done', async () => {
    scene.offer('v2', {name: '002', breaking: false})
    await scene.deploy('v2')
    expect((await scene.rollback()).result?.release.outcome).toBe('good')
  })

  test('takes what says nothing as compatible where the operator says so', async () => {
    scene.offer('v2', {name: '002', breaking: null})
    await scene.deploy('v2')
    const rules = {...usualRules, schema: {...usualRules.schema, unknown: 'compatible' as const}}
    expect((await scene.rollback(undefined, {rules})).result?.release.version).toBe('v1')
  })

  test('is refused where the schema cannot be told any more', async () => {
    await scene.deploy('v2')
    scene.ports.postgres.migrations = null
    await expect(scene.rollback()).rejects.toMatchObject({kind: 'incompatible'})
  })

  test('with data brings back the backup of before as well, and keeps what was there', async () => {
    scene.offer('v2', {name: '002', breaking: true})
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    const [backup] = await scene.ports.sets.list()
    scene.ports.postgres.databases.get('shop')!.tables.orders = 50
    const {result} = await scene.rollback('v1', {withData: true})
    expect(result?.release).toMatchObject({version: 'v1', data: backup!.manifest.id, outcome: 'good'})
    expect(scene.ports.postgres.databases.get('shop')!.tables.orders).toBe(5)
    const kept = [...scene.ports.postgres.databases.keys()].filter((name) => name.startsWith('shop_before_'))
    expect(kept.map((name) => scene.ports.postgres.databases.get(name)!.tables.orders)).toEqual([50])
  })

  test('with data that turns out bad puts release and data back', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.postgres.databases.get('shop')!.tables.orders = 50
    scene.ports.fleet.ill.add('v1')
    await expect(scene.rollback('v1', {withData: true})).rejects.toMatchObject({kind: 'rolledBack'})
    expect(scene.ports.fleet.running).toEqual(['shop/api:v2', 'shop/api:v2'])
    expect(scene.ports.postgres.databases.get('shop')!.tables.orders).toBe(50)
  })

  test('that turns bad puts back what ran, and ends with 8', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.network.answer(apiUrl, {status: 500})
    const add = scene.ports.fleet.add.bind(scene.ports.fleet)
    scene.ports.fleet.add = async (service) => {
      const replica = await add(service)
      scene.ports.network.answer(apiUrl, {status: replica.image.name.endsWith('v1') ? 500 : 200})
      return replica
    }
    await expect(scene.rollback()).rejects.toMatchObject({exitCode: 8})
    expect(scene.ports.fleet.running).toEqual(['shop/api:v2', 'shop/api:v2'])
  })
})
