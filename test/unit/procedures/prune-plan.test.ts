import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {DockerContents} from '../../../src/lib/domain/docker-contents.ts'
import {prunePlanId, prunePlanTime} from '../../../src/lib/domain/prune-plan-id.ts'
import type {PruneItem} from '../../../src/lib/domain/prune-plan.ts'
import {markText} from '../../../src/lib/domain/swap.ts'
import {prune, type PruneInput} from '../../../src/lib/procedures/prune.ts'
import {containerOf, imageOf, networkOf, noon, pruneInput} from '../../support/fakes/docker.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const day = 86_400_000

const record = (id: string, usedAt = noon - day) => ({
  id,
  description: '',
  bytes: 7,
  isShared: false,
  isInUse: false,
  usedAt,
  parents: [],
})

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
  ports.dockerDisk.now = {
    images: [imageOf('api:1')],
    containers: [containerOf('job')],
    networks: [networkOf('left')],
    volumes: [],
    cache: [record('c1')],
  }
})

function add<Kind extends 'containers' | 'images' | 'networks'>(kind: Kind, item: DockerContents[Kind][number]): void {
  const {now} = ports.dockerDisk
  ports.dockerDisk.now = {...now, [kind]: [...now[kind], item]}
}

function run(more: Partial<PruneInput> = {}, dryRun = false) {
  return perform(prune, {...pruneInput, ...more}, ports, {dryRun, lockWaitMilliseconds: 0})
}

/** What a dry run shows now, and then three hours pass. */
async function shown(more: Partial<PruneInput> = {}): Promise<string> {
  const {plan} = await run(more, true)
  ports.clock.advance(3 * 3_600_000 + 217)
  return plan.id!
}

test('the plan of a dry run is applied hours later by its name', async () => {
  const {result} = await run({shown: await shown()})
  expect(result!.removed).toHaveLength(4)
})

describe('what has come since the dry run is left, and the rest goes', () => {
  test.each<[string, () => void]>([
    ['a container that ended', () => add('containers', containerOf('late', 0))],
    ['an image', () => add('images', imageOf('api:0', 0))],
    ['a network', () => add('networks', networkOf('fresh', 0))],
    ['what has only now become old enough', () => add('containers', containerOf('older', 7, {endedAt: noon - 7 * day + 3_600_000}))],
  ])('%s', async (_what, happen) => {
    const plan = await shown()
    happen()
    const {result} = await run({shown: plan})
    expect(result!.removed.map(({id}) => id)).toEqual(['id-job', 'id-left', 'sha256:api:1', 'c1'])
  })

  test('even where no age protects it', async () => {
    const plan = await shown({minAge: 0})
    add('containers', containerOf('late', 0, {endedAt: noon + 3_600_000, createdAt: noon + 60_000}))
    const {result} = await run({shown: plan, minAge: 0})
    expect(result!.removed.map(({id}) => id)).not.toContain('id-late')
  })
})

describe('a plan of which anything has changed is refused before anything is asked or removed', () => {
  test.each<[string, () => void]>([
    ['a container was started', () => (ports.dockerDisk.now.containers = [containerOf('job', 30, {state: 'running', endedAt: null})])],
    ['a container ran again', () => (ports.dockerDisk.now.containers = [containerOf('job', 30, {endedAt: noon - 8 * day})])],
    ['an image came into use', () => add('containers', containerOf('web', 1, {image: 'sha256:api:1', state: 'running'}))],
    ['somebody removed a network', () => (ports.dockerDisk.now.networks = [])],
    ['the cache was used', () => (ports.dockerDisk.now.cache = [record('c1', noon + 60_000)])],
    ['one came instead of another', () => (ports.dockerDisk.now.cache = [record('c2')])],
    ['its size is another', () => (ports.dockerDisk.now.cache = [{...record('c1'), bytes: 8}])],
  ])('%s', async (_what, happen) => {
    const plan = await shown()
    happen()
    await expect(run({shown: plan})).rejects.toMatchObject({
      kind: 'refused',
      message: `What would be removed is no longer what plan ${plan} showed; nothing was removed.`,
    })
    expect(ports.confirmation.asked).toEqual([])
    expect(ports.dockerDisk.removed).toEqual([])
    expect(ports.log.written).toEqual([])
  })

  test('other settings make another plan', async () => {
    await expect(run({shown: await shown(), keep: ['api:*']})).rejects.toMatchObject({kind: 'refused'})
  })

  test('a database that could be looked at no longer', async () => {
    const mark = {kind: 'kept' as const, of: 'shop', at: new Date(noon - 9 * day).toISOString(), why: 'restore', comment: null}
    for (const name of ['shop_before_1', 'shop_before_2']) ports.postgres.databases.set(name, {comment: markText(mark), tables: {}})
    const plan = await shown()
    ports.postgres.databases.delete('shop_before_2')
    await expect(run({shown: plan})).rejects.toMatchObject({kind: 'refused'})
  })

  test('one that was never shown', async () => {
    const [time] = (await shown()).split('-')
    await expect(run({shown: `${time}-${'0'.repeat(16)}`})).rejects.toMatchObject({kind: 'refused'})
    expect(ports.dockerDisk.removed).toEqual([])
  })
})

test.each(['', 'latest', '--help', '20261122T100000Z', '20269922T100000Z-0123456789abcdef', '20991122T100000Z-0123456789abcdef'])(
  'what is no name of a plan is wrong usage, and never as if none was given: "%s"',
  async (name) => {
    await expect(run({shown: name})).rejects.toMatchObject({kind: 'usage'})
    expect(ports.dockerDisk.removed).toEqual([])
  },
)

test('with room enough nothing is removed, whatever plan was shown', async () => {
  const {plan, result} = await run({shown: await shown(), whenBelow: 20})
  expect(plan).toMatchObject({id: null, isEnough: true})
  expect(result!.removed).toEqual([])
})

describe('the name of a plan', () => {
  const item: PruneItem = {kind: 'image', id: 'sha256:a', name: 'api:1', bytes: 5, reason: 'old', state: 'api:1'}
  const other: PruneItem = {...item, id: 'sha256:b'}

  test('tells its time, and has nothing to do with order or words', () => {
    const id = prunePlanId([item, other], Date.UTC(2026, 10, 22, 9, 56, 45))
    expect(id).toMatch(/^20261122T095645Z-[0-9a-f]{16}$/)
    expect(prunePlanTime(id)).toBe(Date.UTC(2026, 10, 22, 9, 56, 45))
    expect(prunePlanId([other, {...item, reason: 'older'}], prunePlanTime(id)!)).toBe(id)
  })

  test.each<[string, readonly PruneItem[]]>([
    ['fewer things', [item]],
    ['more things', [item, other, {...item, id: 'sha256:c'}]],
    ['the same thing twice', [item, other, other]],
    ['another kind', [item, {...other, kind: 'network'}]],
    ['other bytes', [item, {...other, bytes: 6}]],
    ['another state', [item, {...other, state: 'api:2'}]],
    [
      'bytes that changed places',
      [
        {...item, bytes: 1},
        {...other, bytes: 9},
      ],
    ],
    ['nothing', []],
  ])('%s have another', (_what, items) => {
    expect(prunePlanId(items, noon)).not.toBe(prunePlanId([item, other], noon))
  })
})
