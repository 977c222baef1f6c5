import {beforeEach, describe, expect, test} from 'vitest'
import {openReleaseScene} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v2 = ['shop/api:v2', 'shop/api:v2']

describe('what was changed by hand', () => {
  test('a version that was set and not brought up is no release that ran, and is never gone back to', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.fleet.set = {...scene.ports.fleet.set, version: 'v9'}
    scene.ports.fleet.offer('v3')
    scene.ports.fleet.ill.add('v3')
    const error = await scene.deploy('v3').catch((reason: unknown) => reason)
    expect(error).toMatchObject({kind: 'rolledBack', message: 'Release v3 failed; v2 runs again.'})
    expect(scene.ports.fleet.set.version).toBe('v2')
    expect(scene.ports.fleet.running).toEqual(v2)
    expect(await scene.ledger()).toEqual(['deploy v3: put back', 'deploy v2: good', 'found v1: good'])
  })

  test('is set right by deploying what runs', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.fleet.set = {...scene.ports.fleet.set, version: 'v9'}
    const {plan} = await scene.deploy('v2')
    expect(plan.summary[0]).toBe('v9 is set, but v2 runs')
    expect(scene.ports.fleet.set.version).toBe('v2')
  })

  test('after a release that could not be put back a corrected one is, to what was good', async () => {
    scene.offer('v2', {name: '002-drop', breaking: true})
    scene.ports.fleet.ill.add('v2')
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'failed'})
    scene.ports.clock.advance(1000)
    scene.offer('v3', {name: '003-add', breaking: false})
    scene.ports.fleet.ill.add('v3')
    await expect(scene.deploy('v3')).rejects.toMatchObject({kind: 'rolledBack', message: 'Release v3 failed; v1 runs again.'})
    expect(await scene.ledger()).toEqual(['deploy v3: put back', 'deploy v2: failed', 'found v1: good'])
    await scene.rollback('v1', {withData: true})
    expect(scene.ports.fleet.set.version).toBe('v1')
  })
})

describe('going back', () => {
  test('to a release whose image is gone is refused with 9 before anything is touched', async () => {
    await scene.deploy('v2')
    scene.ports.fleet.gone.add('shop/api:v1')
    const events = scene.ports.events.filter((event) => event.startsWith('set'))
    await expect(scene.rollback()).rejects.toMatchObject({kind: 'notFound', exitCode: 9})
    expect(scene.ports.events.filter((event) => event.startsWith('set'))).toEqual(events)
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  test('with data takes the backup of when the release was replaced, not that of a release that was only tried', async () => {
    scene.ports.fleet.ill.add('v2')
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack'})
    scene.ports.clock.advance(7_200_000)
    scene.ports.fleet.offer('v3')
    const {result} = await scene.deploy('v3')
    scene.ports.clock.advance(1000)
    const {plan} = await scene.rollback('v1', {withData: true, dryRun: true})
    expect(plan.undertaking.release.data).toBe(result?.release.backup)
  })

  test('with data takes the backup of the last time that the release was replaced', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    await scene.rollback()
    scene.ports.clock.advance(7_200_000)
    scene.ports.fleet.offer('v3')
    const {result} = await scene.deploy('v3')
    scene.ports.clock.advance(1000)
    const {plan} = await scene.rollback('v1', {withData: true, dryRun: true})
    expect(plan.undertaking.release.data).toBe(result?.release.backup)
  })
})
