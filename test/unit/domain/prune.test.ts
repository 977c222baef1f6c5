import {describe, expect, test} from 'vitest'
import type {CacheRecord, DockerContents} from '../../../src/lib/domain/docker-contents.ts'
import {matchesImage} from '../../../src/lib/domain/prune-images.ts'
import type {PrunePolicy} from '../../../src/lib/domain/prune-plan.ts'
import {containerOf, imageOf, networkOf, noon} from '../../support/fakes/docker.ts'
import {day, decide} from '../../support/prune-shop.ts'

/** Names of what goes, and the reason for which each other one stays. */
function outcome(contents: Partial<DockerContents>, more: Partial<PrunePolicy> = {}) {
  const {items, kept} = decide(contents, more)
  return {goes: items.map(({name}) => name), stays: Object.fromEntries(kept.map(({name, reason}) => [name, reason]))}
}

describe('images', () => {
  test('one that nothing uses goes, with its size and since when it is here', () => {
    const {items} = decide({images: [imageOf('api:1')]})
    expect(items).toMatchObject([
      {kind: 'image', id: 'sha256:api:1', name: 'api:1', bytes: 1000, reason: 'no container is made of it; here since 30d'},
    ])
  })

  test('one without a name goes, and is called by the beginning of its ID', () => {
    const id = `sha256:${'ab'.repeat(32)}`
    const {items} = decide({images: [imageOf('<none>', 30, {id})]})
    expect(items).toMatchObject([{name: 'abababababab', reason: 'it has no name, and no container is made of it; here since 30d'}])
  })

  test.each(['running', 'exited', 'created', 'paused', 'dead'])('one of which a container is made that is %s stays', (state) => {
    const contents = {images: [imageOf('api:1')], containers: [containerOf('api', 1, {image: 'sha256:api:1', state})]}
    expect(outcome(contents).stays).toMatchObject({'api:1': 'container api is made of it'})
  })

  test('one stays even when the only container made of it goes in the same run', () => {
    const contents = {images: [imageOf('api:1')], containers: [containerOf('old', 30, {image: 'sha256:api:1'})]}
    expect(outcome(contents)).toEqual({goes: ['old'], stays: {'api:1': 'container old is made of it'}})
  })

  test('those of releases that can be gone back to stay, by ID and by digest', () => {
    const images = [imageOf('api:1'), imageOf('api:2', 30, {digests: ['api@sha256:two']}), imageOf('api:3')]
    const {goes, stays} = outcome({images}, {releaseImages: new Set(['sha256:api:1', 'api@sha256:two'])})
    expect(goes).toEqual(['api:3'])
    expect(stays).toEqual({
      'api:1': 'a release that can be gone back to needs it',
      'api:2': 'a release that can be gone back to needs it',
    })
  })

  test('those that prune.keep names stay, and the pattern is told', () => {
    const images = [imageOf('tools/psql:16'), imageOf('tools/redis:7'), imageOf('node:24')]
    expect(outcome({images}, {keep: ['tools/p*', 'node']})).toEqual({
      goes: ['tools/redis:7'],
      stays: {'tools/psql:16': 'prune.keep has tools/p*', 'node:24': 'prune.keep has node'},
    })
  })

  test('those that the Compose files name stay, however they spell the name', () => {
    const images = [imageOf('postgres:17'), imageOf('shop-api:latest'), imageOf('registry:5000/shop/web:3'), imageOf('redis:7')]
    const composeImages = ['docker.io/library/postgres:17', 'shop-api', 'registry:5000/shop/web:*']
    expect(outcome({images}, {composeImages}).goes).toEqual(['redis:7'])
  })

  test('one that was pulled yesterday stays, however long ago it was built', () => {
    expect(outcome({images: [imageOf('api:1', 1)]})).toEqual({goes: [], stays: {'api:1': 'it is new: 24h of 7d'}})
  })

  test('one of which nothing tells since when it is here stays', () => {
    expect(outcome({images: [imageOf('api:1', 30, {arrivedAt: null})]}).stays).toEqual({'api:1': 'nothing tells since when it is here'})
  })

  test('its age counts from the last release that ran it, not from when it came', () => {
    const releasedAt = new Map([
      ['sha256:api:1', noon - 3 * day],
      ['sha256:api:2', noon - 9 * day],
    ])
    const {items, kept} = decide({images: [imageOf('api:1', 90), imageOf('api:2', 90, {arrivedAt: null})]}, {releasedAt})
    expect(kept).toMatchObject([{name: 'api:1', reason: 'it is new: 3d of 7d'}])
    expect(items).toMatchObject([{name: 'api:2', reason: 'no container is made of it; last used 9d ago'}])
  })

  test('what a kept image is built upon stays, and of a chain that goes the newest goes first', () => {
    const chain = [imageOf('base'), imageOf('middle', 30, {parent: 'sha256:base'}), imageOf('top', 30, {parent: 'sha256:middle'})]
    expect(outcome({images: chain}).goes).toEqual(['top', 'middle', 'base'])
    expect(outcome({images: chain}, {keep: ['top']})).toMatchObject({
      goes: [],
      stays: {middle: 'top is built upon it', base: 'top is built upon it'},
    })
  })

  test.each([
    ['api', 'api:1.2', true],
    ['api:1.*', 'api:1.2', true],
    ['api:1.*', 'api:102', false],
    ['api', 'shop/api:1', false],
    ['*/api', 'shop/api:1', true],
    ['registry:5000/api', 'registry:5000/api:1', true],
    ['registry', 'registry:5000/api:1', false],
    ['postgres:1?', 'docker.io/library/postgres:17', true],
    ['api@sha256:ab*', 'api@sha256:abcd', true],
    ['', 'api:1', false],
  ])('the pattern %s and the image %s: %s', (pattern, name, expected) => {
    expect(matchesImage(pattern, name)).toBe(expected)
  })
})

describe('containers', () => {
  test('one that ended long ago and belongs to nobody goes, with what it has written', () => {
    const {items} = decide({containers: [containerOf('scratch')]})
    expect(items).toMatchObject([{kind: 'container', id: 'id-scratch', bytes: 10, reason: 'ended 30d ago'}])
  })

  test('one that never started goes by the age at which it was made', () => {
    const containers = [containerOf('old', 30, {state: 'created', endedAt: null}), containerOf('new', 0, {state: 'created', endedAt: null})]
    expect(outcome({containers})).toEqual({goes: ['old'], stays: {new: 'it is new: 24h of 7d'}})
  })

  test.each(['running', 'restarting', 'paused', 'removing'])('one that is %s stays', (state) => {
    expect(outcome({containers: [containerOf('api', 30, {state, endedAt: null})]}).stays).toEqual({api: `it is ${state}`})
  })

  test('one that ended an hour ago stays', () => {
    expect(outcome({containers: [containerOf('job', 1 / 24)]}).stays).toEqual({job: 'it has only just ended: 1h of 7d'})
  })

  test('of this project those of services stay, and those of docker compose run and of services that are no more go', () => {
    const ours = {project: 'shop'}
    const containers = [
      containerOf('shop-api-1', 30, {...ours, service: 'api'}),
      containerOf('shop-api-run', 30, {...ours, service: 'api', isOneOff: true}),
      containerOf('shop-gone-1', 30, {...ours, service: 'gone'}),
    ]
    expect(outcome({containers})).toEqual({goes: ['shop-api-run', 'shop-gone-1'], stays: {'shop-api-1': 'it is that of service api'}})
  })

  test('where no Compose file is known, every service counts as one of the project', () => {
    const containers = [containerOf('shop-gone-1', 30, {project: 'shop', service: 'gone'})]
    expect(outcome({containers}, {composeServices: null}).goes).toEqual([])
  })

  test('those of another project stay as long as anything of it runs', () => {
    const blog = {project: 'blog', service: 'worker'}
    const stopped = containerOf('blog-worker-1', 30, blog)
    const running = containerOf('blog-web-1', 30, {...blog, state: 'running', endedAt: null})
    expect(outcome({containers: [stopped, running]}).stays['blog-worker-1']).toBe('it belongs to blog, which runs')
    expect(outcome({containers: [stopped]}).goes).toEqual(['blog-worker-1'])
  })

  test('one that Docker would restart was stopped by somebody, and stays', () => {
    expect(outcome({containers: [containerOf('db', 30, {restarts: true})]}).stays).toEqual({
      db: 'it is to be restarted, so somebody has stopped it on purpose',
    })
  })

  test('one with a volume of its own stays, since nothing else leads to its data', () => {
    const containers = [containerOf('db', 30, {volumes: ['ab'.repeat(32)]}), containerOf('web', 30, {volumes: ['uploads']})]
    expect(outcome({containers})).toEqual({goes: ['web'], stays: {db: 'nothing else leads to a volume of its own'}})
  })
})

describe('networks', () => {
  test('an old one with nobody in it goes; used, new, own and fixed ones stay', () => {
    const networks = [
      networkOf('left'),
      networkOf('used'),
      networkOf('stopped'),
      networkOf('new', 1),
      networkOf('shop_default', 30, {project: 'shop'}),
      networkOf('bridge', 30, {isFixed: true}),
    ]
    const containers = [
      containerOf('web', 30, {state: 'running', endedAt: null, networks: ['used', 'id-used']}),
      containerOf('db', 1, {networks: ['id-stopped']}),
    ]
    expect(outcome({networks, containers})).toMatchObject({
      goes: ['left'],
      stays: {
        used: 'container web is in it',
        stopped: 'container db is in it',
        new: 'it is new: 24h of 7d',
        shop_default: 'it belongs to this project',
        bridge: "it is one of Docker's own",
      },
    })
  })
})

describe('build cache', () => {
  const record = (id: string, usedDaysAgo: number, bytes: number, more: Partial<CacheRecord> = {}): CacheRecord => ({
    id,
    description: '',
    bytes,
    isShared: false,
    isInUse: false,
    usedAt: noon - usedDaysAgo * day,
    parents: [],
    ...more,
  })

  test('what was used last stays up to the floor, and the rest goes', () => {
    const cache = [record('a', 9, 40), record('b', 1, 60), record('c', 5, 40), record('d', 7, 1)]
    expect(outcome({cache})).toMatchObject({
      goes: ['a', 'd'],
      stays: {b: 'it is among the newest 100 B of the cache', c: expect.any(String)},
    })
  })

  test('a record that does not fit ends it: an older and smaller one does not stay in its place', () => {
    expect(outcome({cache: [record('new', 1, 101), record('old', 9, 1)]}).goes.toSorted()).toEqual(['new', 'old'])
  })

  test('what is in use stays without any floor, with all that it stands on', () => {
    const cache = [record('base', 30, 50), record('top', 20, 50, {isInUse: true, parents: ['base']}), record('other', 1, 50)]
    expect(outcome({cache}, {cacheFloor: 0})).toEqual({goes: ['other'], stays: {top: 'it is in use', base: 'top stands on it'}})
  })

  test('of a chain the newest link goes first', () => {
    const cache = [record('base', 3, 50), record('middle', 2, 50, {parents: ['base']}), record('top', 1, 50, {parents: ['middle']})]
    expect(outcome({cache}, {cacheFloor: 0}).goes).toEqual(['top', 'middle', 'base'])
  })

  test('what an image has as well gives nothing back', () => {
    expect(decide({cache: [record('a', 9, 40, {isShared: true})]}, {cacheFloor: -1}).items).toMatchObject([{id: 'a', bytes: 0}])
  })
})

describe('volumes', () => {
  test('are reported by size with who uses them or did last, and are never among what goes', () => {
    const containers = [
      containerOf('old', 30, {volumes: ['data']}),
      containerOf('older', 60, {volumes: ['data', 'logs']}),
      containerOf('db', 90, {volumes: ['logs'], state: 'running', endedAt: null}),
    ]
    const volumes = [
      {name: 'logs', bytes: 5},
      {name: 'data', bytes: 500},
      {name: 'lost', bytes: null},
    ]
    const {items, volumes: reported} = decide({containers, volumes})
    expect(reported).toEqual([
      {name: 'data', bytes: 500, lastUser: 'old', isInUse: false},
      {name: 'logs', bytes: 5, lastUser: 'db', isInUse: true},
      {name: 'lost', bytes: null, lastUser: null, isInUse: false},
    ])
    expect(items.map(({kind}) => kind)).toEqual(['container', 'container'])
  })
})
