import {describe, expect, test} from 'vitest'
import type {DockerContents} from '../../../src/lib/domain/docker-contents.ts'
import {releaseTimes} from '../../../src/lib/domain/prune-releases.ts'
import {confirmItems} from '../../../src/lib/domain/prune.ts'
import type {Release} from '../../../src/lib/domain/release.ts'
import {containerOf, imageOf, networkOf, noon} from '../../support/fakes/docker.ts'
import {day, decide} from '../../support/prune-shop.ts'

describe('between plan and removal', () => {
  const planned = decide({images: [imageOf('api:1')], containers: [containerOf('job')], networks: [networkOf('left')]})

  test('what is as it was goes', () => {
    expect(confirmItems(planned.items, planned)).toEqual({go: planned.items, left: []})
  })

  test.each<[string, Partial<DockerContents>, string]>([
    ['a container made of the image', {containers: [containerOf('new', 0, {image: 'sha256:api:1'})]}, 'container new is made of it'],
    ['a new name for the image', {images: [imageOf('api:1', 0, {names: ['api:1', 'api:good']})]}, 'it is new: 0 ms of 7d'],
    ['another name, with an old time', {images: [imageOf('api:1', 30, {names: ['api:good']})]}, 'it has changed since the plan was made'],
    ['a removal by somebody else', {images: []}, 'it is gone already'],
  ])('%s leaves the image, and says why', (_what, change, reason) => {
    const {items} = decide({images: [imageOf('api:1')]})
    expect(confirmItems(items, decide({images: [imageOf('api:1')], ...change}))).toMatchObject({go: [], left: [{reason}]})
  })

  test('a container that was started is left, and one that ended anew as well', () => {
    const {items} = decide({containers: [containerOf('job')]})
    const started = decide({containers: [containerOf('job', 30, {state: 'running', endedAt: null})]})
    const again = decide({containers: [containerOf('job', 8)]})
    expect(confirmItems(items, started).left).toMatchObject([{reason: 'it is running'}])
    expect(confirmItems(items, again).left).toMatchObject([{reason: 'it has changed since the plan was made'}])
  })

  test('what has come since never goes, whatever it is', () => {
    const fresh = decide({images: [imageOf('api:1'), imageOf('api:0')], containers: [containerOf('job'), containerOf('other')]})
    const {go} = confirmItems(planned.items, fresh)
    expect(go.map(({name}) => name)).toEqual(['job', 'api:1'])
  })

  test('in a thousand random churns nothing goes that was not planned, and nothing that is used', () => {
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const scene = (): DockerContents => {
      const images = Array.from({length: 8}, (_, index) => imageOf(`i${index}`, random(20))).filter(() => random(4) > 0)
      const containers = Array.from({length: 8}, (_, index) =>
        containerOf(`c${index}`, random(20), {
          image: `sha256:i${random(8)}`,
          state: random(2) === 0 ? 'running' : 'exited',
          networks: [`n${random(8)}`],
        }),
      ).filter(() => random(4) > 0)
      const networks = Array.from({length: 8}, (_, index) => networkOf(`n${index}`, random(20))).filter(() => random(4) > 0)
      return {images, containers, networks, volumes: [], cache: []}
    }
    for (let round = 0; round < 1000; round += 1) {
      const before = decide(scene())
      const now = scene()
      const {go, left} = confirmItems(before.items, decide(now))
      const used = new Set(
        now.containers.flatMap(({id, image, networks, state}) => [image, ...networks, ...(state === 'running' ? [id] : [])]),
      )
      expect(go.filter(({id, name}) => used.has(id) || used.has(name))).toEqual([])
      expect(new Set([...go, ...left.map(({item}) => item)])).toEqual(new Set(before.items))
    }
  })
})

describe('releases', () => {
  const release = (id: string, image: string, startedAt: number) =>
    ({
      id,
      startedAt: new Date(startedAt).toISOString(),
      images: [{service: 'api', name: 'api', id: image, digest: null}],
    }) as unknown as Release

  test('an image ran until the next release of its ledger began, and that of the newest of each runs now', () => {
    const releases = [
      release('3', 'c', noon - day),
      release('2', 'a', noon - 2 * day),
      release('1', 'b', noon - 3 * day),
      release('0', 'a', noon - 9 * day),
    ]
    expect(releaseTimes([releases, [release('9', 'b', noon - day / 2)]], noon)).toEqual(
      new Map([
        ['c', noon],
        ['a', noon - day],
        ['b', noon],
      ]),
    )
  })
})
