import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Proxy} from '../../../src/lib/ports/release-stack.ts'
import {openReleaseScene} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v2 = ['shop/api:v2', 'shop/api:v2']

/** A proxy that takes so many questions to notice a new container, and one that turned unready; it notes when it has. */
function slowProxy(toAdd: number, toDrop: number, services = ['api']): Proxy {
  const asked = new Map<string, number>()
  const answer = (what: string, id: string, image: string, after: number) => {
    const count = (asked.get(`${what} ${id}`) ?? 0) + 1
    asked.set(`${what} ${id}`, count)
    if (count <= after) return `it has not ${what}`
    scene.ports.events.push(`${what} ${image}`)
    return null
  }
  return {
    covers: async (service) => services.includes(service),
    added: async ({id, image}) => answer('added', id, image.name, toAdd),
    dropped: async ({id, image}) => answer('dropped', id, image.name, toDrop),
  }
}

const happened = () => scene.ports.events.filter((event) => /^(?:add|added|drain|dropped|remove) /.test(event))

describe('a proxy that can be asked', () => {
  test('has taken the new container before an old one turns unready, and left that alone before it is told to end', async () => {
    scene.ports.fleet.front = slowProxy(2, 3)
    scene.ports.fleet.onDrain = () => {}
    const {plan, result} = await scene.deploy('v2')
    const round = ['add shop/api:v2', 'added shop/api:v2', 'drain shop/api:v1', 'dropped shop/api:v1', 'remove shop/api:v1']
    expect(happened()).toEqual([...round, ...round])
    expect(plan.summary).toContain('the proxy is asked')
    expect(result?.remarks).toEqual([])
  })

  test('is not waited for any longer than it takes', async () => {
    scene.ports.fleet.front = slowProxy(0, 0)
    const slept: number[] = []
    const sleep = scene.ports.clock.sleep.bind(scene.ports.clock)
    scene.ports.clock.sleep = async (milliseconds, signal) => {
      slept.push(milliseconds)
      await sleep(milliseconds, signal)
    }
    await scene.deploy('v2')
    expect(slept).not.toContain(6000)
  })

  test('that does not take a new container makes the release fail before any old one ends, with 8', async () => {
    scene.ports.fleet.front = slowProxy(1000, 0)
    const error = await scene.deploy('v2').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      kind: 'rolledBack',
      exitCode: 8,
      details: expect.arrayContaining([expect.stringContaining('it has not added, after 30 s')]),
    })
    expect(happened()).toEqual(['add shop/api:v2', 'remove shop/api:v2'])
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test('that does not leave an old one alone makes the release fail, and what had turned unready is replaced', async () => {
    scene.ports.fleet.front = slowProxy(0, 1000)
    scene.ports.fleet.onDrain = () => {}
    const before = scene.ports.fleet.containers.map(({id}) => id)
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack'})
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.containers.filter(({id}) => scene.ports.fleet.draining.has(id))).toEqual([])
    expect(scene.ports.fleet.containers.filter(({id}) => before.includes(id))).toHaveLength(1)
    expect(scene.ports.fleet.leastWell).toBeGreaterThanOrEqual(2)
  })

  test('that is away for a moment is asked again', async () => {
    const front = slowProxy(0, 0)
    let away = 3
    const added = async (replica: Parameters<Proxy['added']>[0]) => {
      if (away-- > 0) throw new OperatorError('unreachable', 'Traefik does not answer.')
      return front.added(replica)
    }
    scene.ports.fleet.front = {...front, added}
    await scene.deploy('v2')
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  test('that cannot be asked any more does not keep what ran before from being put back, and it is told', async () => {
    let isAway = false
    const front = slowProxy(0, 0)
    const answer = async () => {
      if (isAway) throw new OperatorError('unreachable', 'Traefik does not answer.')
      return null
    }
    scene.ports.fleet.front = {...front, added: answer, dropped: answer}
    scene.ports.fleet.onDrain = () => (isAway = true)
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: expect.arrayContaining([expect.stringMatching(/did not take .* Traefik does not answer/)]),
    })
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test('is not asked about a service that it does not send to', async () => {
    scene.ports.fleet.front = slowProxy(1000, 1000, ['shop'])
    await scene.deploy('v2')
    expect(scene.ports.fleet.running).toEqual(v2)
  })
})

describe('a container that is asked to turn unready', () => {
  test('and does not, goes all the same, and it is told', async () => {
    scene.ports.fleet.front = slowProxy(0, 1000)
    scene.ports.fleet.drain = async () => true
    const {result} = await scene.deploy('v2')
    expect(result?.remarks).toEqual(
      ['shop-api-1', 'shop-api-2'].map((name) => expect.stringMatching(`^${name} was asked to turn unready and did not`)),
    )
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  test('serves on for a fixed time where the proxy cannot be asked', async () => {
    scene.ports.fleet.onDrain = () => {}
    const slept: number[] = []
    const sleep = scene.ports.clock.sleep.bind(scene.ports.clock)
    scene.ports.clock.sleep = async (milliseconds, signal) => {
      slept.push(milliseconds)
      await sleep(milliseconds, signal)
    }
    await scene.deploy('v2')
    expect(slept.filter((milliseconds) => milliseconds === 6000)).toHaveLength(4)
  })
})
