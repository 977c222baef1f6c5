import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {markText} from '../../../src/lib/domain/swap.ts'
import type {Release} from '../../../src/lib/domain/release.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {prune, type PruneInput} from '../../../src/lib/procedures/prune.ts'
import {containerOf, imageOf, networkOf, noon, pruneInput} from '../../support/fakes/docker.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const day = 86_400_000
const gibibyte = 1024 ** 3

const input: PruneInput = {...pruneInput, folders: ['/var/backups/sparkone']}

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
  ports.dockerDisk.now = {
    images: [imageOf('api:1'), imageOf('api:2', 1)],
    containers: [containerOf('job'), containerOf('web', 30, {state: 'running', endedAt: null})],
    networks: [networkOf('left')],
    volumes: [{name: 'data', bytes: 5}],
    cache: [{id: 'c1', description: 'RUN make', bytes: 7, isShared: false, isInUse: false, usedAt: noon - day, parents: []}],
  }
})

function run(more: Partial<PruneInput> = {}, dryRun = false) {
  return perform(prune, {...input, ...more}, ports, {dryRun, lockWaitMilliseconds: 0})
}

function putAside(days: number, name = `shop_before_${days}`): void {
  const mark = {kind: 'kept' as const, of: 'shop', at: new Date(noon - days * day).toISOString(), why: `restore of ${days}`, comment: null}
  ports.postgres.databases.set(name, {comment: markText(mark), tables: {}})
}

test('what is shown is what is removed, in an order in which nothing stands in the way', async () => {
  const {plan} = await run({}, true)
  expect(ports.dockerDisk.removed).toEqual([])
  const {plan: same, result} = await run()
  expect(same.items).toEqual(plan.items)
  expect(ports.dockerDisk.removed).toEqual(['id-job', 'id-left', 'sha256:api:1', 'c1'])
  expect(result!.removed).toEqual(plan.items)
  expect((await run()).result!.removed).toEqual([])
})

test('the operator sees each thing with its size and the reason, and is asked only when something would go', async () => {
  await run()
  expect(ports.confirmation.asked).toMatchObject([{question: 'Remove 4 items (1 KiB) for good?'}])
  expect(ports.confirmation.asked[0]!.summary).toContain('remove image api:1 (1 KiB): no container is made of it; here since 30d')
  await run()
  expect(ports.confirmation.asked).toHaveLength(1)
})

test('without consent nothing goes', async () => {
  ports.confirmation.agrees = false
  await expect(run()).rejects.toMatchObject({kind: 'refused'})
  expect(ports.dockerDisk.removed).toEqual([])
})

test('services that are down are no reason to let a disk get full', async () => {
  ports.unreachable = new OperatorError('unreachable', 'The database does not answer.')
  const {plan, result} = await run()
  expect(result!.removed).toHaveLength(4)
  expect(plan.notes).toEqual(['databases that restores put aside were not looked at: The database does not answer.'])
})

test('an engine that does not answer ends it before anything is asked, and the connection is closed', async () => {
  ports.dockerDisk.failing = new OperatorError('unreachable', 'The Docker Engine does not answer.')
  await expect(run()).rejects.toMatchObject({kind: 'unreachable'})
  expect(ports.confirmation.asked).toEqual([])
  expect(ports.dockerDisk.closed).toBe(1)
})

describe('between the question and the removal', () => {
  /** Does something while the operator thinks. */
  function meanwhile(work: () => void): void {
    const {confirmation} = ports
    const ask = confirmation.require.bind(confirmation)
    confirmation.require = async (...words) => {
      await ask(...words)
      work()
    }
  }

  test('a container that was started stays, and so does the image that came to be used', async () => {
    meanwhile(() => {
      ports.dockerDisk.now.containers = [
        containerOf('job', 30, {state: 'running', endedAt: null}),
        containerOf('new', 0, {image: 'sha256:api:1', state: 'running', endedAt: null, networks: ['left']}),
      ]
    })
    const {result} = await run()
    expect(ports.dockerDisk.removed).toEqual(['c1'])
    expect(result!.left.map(({item, reason}) => `${item.name}: ${reason}`)).toEqual([
      'job: it is running',
      'left: container new is in it',
      'api:1: container new is made of it',
    ])
    expect(result!.failed).toEqual([])
  })

  test('what has come since stays, even if it would have been planned', async () => {
    meanwhile(() => {
      ports.dockerDisk.now.images = [...ports.dockerDisk.now.images, imageOf('api:0')]
    })
    await run()
    expect(ports.dockerDisk.removed).not.toContain('sha256:api:0')
  })

  test('what somebody else removed is left, and is no failure', async () => {
    meanwhile(() => {
      ports.dockerDisk.now.networks = []
    })
    const {result} = await run()
    expect(result!.left).toMatchObject([{item: {name: 'left'}, reason: 'it is gone already'}])
  })

  test('what comes into use in the very last moment is held by Docker, and left', async () => {
    ports.dockerDisk.meanwhile.set('sha256:api:1', () => {
      ports.dockerDisk.now.containers = [containerOf('late', 0, {image: 'sha256:api:1'})]
    })
    const {result} = await run()
    expect(result!.left).toMatchObject([{item: {name: 'api:1'}, reason: 'container late uses it'}])
    expect(ports.dockerDisk.removed).toEqual(['id-job', 'id-left', 'c1'])
  })
})

test('one thing that cannot be removed does not keep the others, and is told', async () => {
  ports.dockerDisk.refusals.set('id-left', {why: 'failed', message: 'error while removing network'})
  const {result} = await run()
  expect(result!.failed).toMatchObject([{item: {name: 'left'}, reason: 'error while removing network'}])
  expect(result!.removed).toHaveLength(3)
})

test('an interruption ends it between two removals', async () => {
  ports.dockerDisk.meanwhile.set('id-left', () => ports.abort.abort(new OperatorError('interrupted', 'Interrupted.')))
  await expect(run()).rejects.toMatchObject({kind: 'interrupted'})
  expect(ports.dockerDisk.removed).toEqual(['id-job', 'id-left'])
  expect(ports.log.written.map(({phase}) => phase)).toEqual(['intent', 'outcome'])
})

describe('only when the disk gets full', () => {
  test('with room enough nothing is looked at, asked or removed', async () => {
    const {plan, result} = await run({whenBelow: 20})
    expect(plan).toMatchObject({isEnough: true, items: [], summary: ['there is room enough: 60 % of / is free']})
    expect(result!.removed).toEqual([])
    expect(ports.dockerDisk.looks).toBe(0)
    expect(ports.confirmation.asked).toEqual([])
  })

  test.each([
    ['exactly as much as asked for is enough', 20, 0],
    ['a little less is not', 19.9, 4],
  ])('%s', async (_what, free, removed) => {
    ports.host.disks = [{path: '/', totalBytes: 100 * gibibyte, freeBytes: free * gibibyte, totalInodes: 0, freeInodes: 0}]
    const {result} = await run({whenBelow: 20})
    expect(result!.removed).toHaveLength(removed)
  })

  test('one of several disks is enough to act', async () => {
    const disk = {path: '/', totalBytes: 100, freeBytes: 90, totalInodes: 0, freeInodes: 0}
    ports.host.disks = [disk, {...disk, path: '/var/backups', freeBytes: 1}]
    expect((await run({whenBelow: 20})).result!.removed).toHaveLength(4)
  })

  test('the disk of an engine on another machine is not looked at, and that of sparkone is', async () => {
    const asked: (readonly string[])[] = []
    const {host} = ports
    ports.dockerDisk.root = null
    host.fileSystems = async (...[paths]: readonly (readonly string[])[]) => {
      asked.push(paths ?? [])
      return host.disks
    }
    await run({whenBelow: 20})
    expect(asked).toEqual([['/var/backups/sparkone']])
  })
})

describe('databases that restores put aside', () => {
  test('all but the newest go once they are old enough, and their name must be typed', async () => {
    for (const days of [1, 8, 9]) putAside(days)
    const {plan, result} = await run()
    expect(plan.items.filter(({kind}) => kind === 'database').map(({name, reason}) => `${name}: ${reason}`)).toEqual([
      'shop_before_8: put aside 8d ago by restore of 8',
      'shop_before_9: put aside 9d ago by restore of 9',
    ])
    expect(ports.confirmation.asked).toMatchObject([{typed: 'shop'}])
    expect(result!.removed).toHaveLength(6)
    expect([...ports.postgres.databases.keys()].filter((name) => name.startsWith('shop'))).toEqual(['shop', 'shop_before_1'])
  })

  test('none goes that is younger than the limit, however many there are', async () => {
    for (const days of [1, 2, 3]) putAside(days)
    const {plan} = await run({}, true)
    expect(plan.kept.filter(({kind}) => kind === 'database').map(({reason}) => reason)).toEqual([
      'it is among the newest that restores put aside',
      'it is new: 2d of 7d',
      'it is new: 3d of 7d',
    ])
  })

  test('without any to drop, no name must be typed', async () => {
    await run()
    expect(ports.confirmation.asked[0]).not.toHaveProperty('typed')
  })

  test('the live database stays, whatever its comment says', async () => {
    putAside(90, 'shop')
    const {plan} = await run({keepDatabases: 0})
    expect(plan.kept).toContainEqual(expect.objectContaining({name: 'shop', reason: 'it is the live one'}))
    expect(ports.postgres.databases.has('shop')).toBe(true)
  })

  test('one that is brought back before its turn is left', async () => {
    putAside(8)
    putAside(9)
    ports.dockerDisk.meanwhile.set('id-job', () => ports.postgres.databases.set('shop_before_9', {comment: 'the shop', tables: {}}))
    const {result} = await run()
    expect(result!.left).toMatchObject([{item: {name: 'shop_before_9'}, reason: 'it is no longer what a restore put aside'}])
    expect(ports.postgres.databases.has('shop_before_9')).toBe(true)
  })
})

describe('folders that deployments which died left', () => {
  const folderOf = (days: number) => ({path: `/scratch/commit-${days}`, bytes: 50, changedAt: new Date(noon - days * day)})

  test('old ones go, and one that a deployment may still work in stays', async () => {
    ports.checkouts.left = [folderOf(1), folderOf(8)]
    const {plan} = await run()
    expect(plan.items).toContainEqual(
      expect.objectContaining({name: '/scratch/commit-8', bytes: 50, reason: 'left by a deployment that died 8d ago'}),
    )
    expect(ports.checkouts.left).toEqual([folderOf(1)])
  })

  test('one that has changed since is left, and one that cannot be removed is told', async () => {
    ports.checkouts.left = [folderOf(8), folderOf(9)]
    ports.checkouts.failing = new OperatorError('denied', 'No permission.')
    ports.dockerDisk.meanwhile.set('id-job', () => (ports.checkouts.left = [{...folderOf(8), changedAt: new Date(noon)}, folderOf(9)]))
    const {result} = await run()
    expect(result!.left).toMatchObject([{item: {name: '/scratch/commit-8'}, reason: 'it has changed since the plan was made'}])
    expect(result!.failed).toMatchObject([{item: {name: '/scratch/commit-9'}, reason: 'No permission.'}])
  })
})

const releaseOf = (id: string, image: string, startedAt: number) => {
  const images = [{service: 'api', name: image, id: `sha256:${image}`, digest: null, replicas: 1}]
  return {id, kind: 'deploy', outcome: 'good', startedAt: new Date(startedAt).toISOString(), images} as unknown as Release
}

test('images of releases of another environment on the machine stay as well', async () => {
  ports.ledger.others = [[releaseOf('2', 'api:new', noon - day), releaseOf('1', 'api:1', noon - 40 * day)]]
  const {plan} = await run({}, true)
  expect(plan.kept).toContainEqual(expect.objectContaining({name: 'api:1', reason: 'a release that can be gone back to needs it'}))
})

test('images of the last good releases stay, and those before them go', async () => {
  await ports.ledger.save(releaseOf('1', 'api:old', noon - 40 * day))
  await ports.ledger.save(releaseOf('2', 'api:1', noon - 39 * day))
  ports.dockerDisk.now.images = [imageOf('api:1'), imageOf('api:old', 50)]
  await run({keepReleases: 1})
  expect(ports.dockerDisk.removed).toContain('sha256:api:old')
  expect(ports.dockerDisk.removed).not.toContain('sha256:api:1')
})
