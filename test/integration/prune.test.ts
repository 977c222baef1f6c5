import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import Prune from '../../src/commands/prune.ts'
import {EngineDisk} from '../../src/lib/adapters/docker/disk.ts'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {perform} from '../../src/lib/change.ts'
import type {PruneItem} from '../../src/lib/domain/prune-plan.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {prune, type PruneInput} from '../../src/lib/procedures/prune.ts'
import {runCommand} from '../support/command.ts'
import {FakePorts} from '../support/fakes/ports.ts'
import {composeV2Version} from '../support/testbed/compose.ts'
import {canStartPrivateEngine, startPrivateEngine, type PrivateEngine} from '../support/testbed/private-engine.ts'
import {startRecordingProxy, type RecordingProxy} from '../support/testbed/recording-proxy.ts'

const possible = await canStartPrivateEngine()

const input: PruneInput = {
  minAge: 1,
  keepReleases: 5,
  keepDatabases: 1,
  keep: ['pinned'],
  composeImages: ['of-compose:*'],
  composeServices: null,
  project: 'shop',
  cacheFloor: 0,
  whenBelow: null,
  folders: ['/'],
}

let engine: PrivateEngine
let proxy: RecordingProxy
let folder: string
let ports: FakePorts
const {DOCKER_HOST} = process.env

beforeAll(async () => {
  if (!possible) return
  folder = await mkdtemp(path.join(tmpdir(), 'sparkone-prune-'))
  engine = await startPrivateEngine()
  proxy = await startRecordingProxy(engine.socket, path.join(folder, 'docker.sock'))
  process.env.DOCKER_HOST = proxy.host
})

afterAll(async () => {
  if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST
  else process.env.DOCKER_HOST = DOCKER_HOST
  if (!possible) return
  const containers = (await engine.docker('ps', '--all', '--quiet')).split('\n').filter(Boolean)
  if (containers.length > 0) await engine.docker('rm', '--force', ...containers)
  await proxy[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
  await rm(folder, {recursive: true, force: true})
})

beforeEach(() => {
  ports = new FakePorts()
  // Plans are made for a whole second, and what came within it would be too young.
  const clock = {...systemClock, now: () => new Date(Date.now() + 1000)}
  Object.assign(ports, {clock, docker: async () => new EngineDisk(ports.signal, systemClock)})
})

/** Does something while the operator thinks, between plan and removal. */
function whileAsked(work: () => Promise<unknown>): void {
  const ask = ports.confirmation.require.bind(ports.confirmation)
  ports.confirmation.require = async (...words) => {
    await ask(...words)
    await work()
  }
}

const run = (more: Partial<PruneInput> = {}, dryRun = false) =>
  perform(prune, {...input, ...more}, ports, {dryRun, lockWaitMilliseconds: 0})

const names = (items: readonly {kind: string; name: string}[]) => items.map(({kind, name}) => `${kind} ${name}`).toSorted()

/** Requests that do more than look. */
const changes = () => proxy.requests().filter((request) => !/^(?:GET|HEAD) /.test(request))

/** Every request that changes something and may be made. */
const allowed = [
  /^DELETE \/(?:containers|networks)\/\w+$/,
  /^DELETE \/images\/sha256:\w+\?noprune=1(?:&force=1)?$/,
  /^POST \/build\/prune\?all=1&filters=\{"id":\["\w+"\]\}$/,
]

const volumes = async () => (await engine.docker('volume', 'ls', '--quiet')).split('\n').toSorted()

/** Starts a container that ends by itself at once, or sleeps, and waits until it does. */
async function start(name: string, image: string, words: {sleeps?: boolean; flags?: string[]} = {}): Promise<void> {
  await engine.docker(
    'run',
    '--detach',
    '--network',
    'none',
    '--name',
    name,
    ...(words.flags ?? []),
    image,
    'sleep',
    words.sleeps ? '600' : '0',
  )
  if (!words.sleeps) await engine.docker('wait', name)
}

describe.runIf(possible)('on a real engine', () => {
  test('goes what the plan names, by ID; volumes, what runs and what is pinned stay', async () => {
    await engine.image('web', 'web:1')
    await engine.image('old', 'old:1', 'registry.example/old:1')
    await engine.image('pinned', 'pinned:3')
    await engine.image('compose', 'of-compose:3')
    const bare = await engine.image('bare')
    await start('web', 'web:1', {sleeps: true, flags: ['--volume', 'data:/data']})
    await start('job', 'web:1')
    await start('keeper', 'web:1', {flags: ['--volume', '/own']})
    await engine.docker('network', 'create', 'left')
    const before = await volumes()
    const {plan} = await run({}, true)
    const expected = ['container job', `image ${bare.slice(7, 19)}`, 'image old:1, registry.example/old:1', 'network left']
    expect(names(plan.items)).toEqual(expected)
    expect(changes()).toEqual([])

    const {result} = await run()
    expect(names(result!.removed)).toEqual(expected)
    expect(result!.left).toEqual([])
    expect(result!.failed).toEqual([])
    expect(await volumes()).toEqual(before)
    expect((await engine.docker('image', 'ls', '--format', '{{.Repository}}')).split('\n').toSorted()).toEqual([
      'of-compose',
      'pinned',
      'web',
    ])
    expect(plan.volumes.map(({lastUser, isInUse}) => `${lastUser} ${isInUse}`).toSorted()).toEqual(['keeper false', 'web true'])
  })

  test('what comes into use between plan and removal survives, what comes new is left alone, and the rest goes', async () => {
    await engine.image('churn-1', 'free:1')
    await engine.image('churn-2', 'taken:1')
    await engine.image('churn-3', 'renamed:1')
    const running = Array.from({length: 4}, (_, index) => `sleeper-${index}`)
    for (const name of running) await engine.docker('create', '--network', 'none', '--name', name, 'web:1', 'sleep', '600')
    await engine.docker('create', '--network', 'none', '--name', 'spare', 'web:1', 'sleep', '600')
    await engine.docker('network', 'create', 'joined')
    whileAsked(async () => {
      for (const name of running) await engine.docker('start', name)
      await start('user', 'taken:1', {sleeps: true})
      await engine.docker('create', '--network', 'joined', '--name', 'member', 'web:1', 'sleep', '600')
      await engine.docker('tag', 'renamed:1', 'renamed:good')
      await engine.image('churn-4', 'late:1')
      await engine.docker('network', 'create', 'late')
    })
    const {plan, result} = await run()
    expect(names(result!.removed)).toEqual(['container spare', 'image free:1'])
    expect(names(result!.left.map(({item}) => item))).toEqual(
      [...running.map((name) => `container ${name}`), 'image renamed:1', 'image taken:1', 'network joined'].toSorted(),
    )
    expect(names([...result!.removed, ...result!.left.map(({item}) => item)])).toEqual(names(plan.items))
    expect(result!.failed).toEqual([])
    const up = (await engine.docker('ps', '--format', '{{.Names}}')).split('\n').toSorted()
    expect(up).toEqual([...running, 'user', 'web'].toSorted())
    expect(await engine.docker('image', 'inspect', '--format', '{{len .RepoTags}}', 'renamed:good', 'late:1')).toBe('2\n1')
  })

  test('of the build cache goes what lies beyond the floor, record by record', async ({skip}) => {
    skip((await composeV2Version()) === null, 'Docker Compose v2 is missing, which brings BuildKit')
    await writeFile(path.join(folder, 'Dockerfile'), 'FROM web:1\nCOPY Dockerfile /one\nCOPY Dockerfile /two\n')
    await writeFile(path.join(folder, 'compose.yml'), 'services: {built: {build: ., image: "pinned:built"}}\n')
    await engine.docker('compose', '--project-directory', folder, 'build', '--quiet')
    const {plan: spared} = await run({cacheFloor: 1024 ** 2}, true)
    expect(spared.items.filter(({kind}) => kind === 'build cache')).toEqual([])
    const {plan, result} = await run()
    const cache = (items: readonly PruneItem[]) => items.filter(({kind}) => kind === 'build cache')
    const ids = (items: readonly PruneItem[]) =>
      cache(items)
        .map(({id}) => id)
        .toSorted()
    // How many there are is BuildKit's affair, and it may hold on to some for a moment after the build.
    expect(cache(plan.items).length).toBeGreaterThan(1)
    expect(ids([...result!.removed, ...result!.left.map(({item}) => item)])).toEqual(ids(plan.items))
    expect(result!.failed).toEqual([])
    const left = async () => cache((await run()).plan.items)
    await expect.poll(left, {interval: 500}).toEqual([])
  })

  test('the engine itself holds on to what comes into use in the very last moment', async () => {
    const held = await engine.image('last', 'last:1')
    await start('last-user', 'last:1')
    const id = (await engine.docker('inspect', '--format', '{{.Id}}', 'web')).trim()
    await using disk = new EngineDisk(ports.signal, systemClock)
    expect(await disk.remove({kind: 'image', id: held, state: 'last:1'})).toMatchObject({
      why: 'used',
      message: expect.stringContaining('container'),
    })
    expect(await disk.remove({kind: 'container', id, state: ''})).toMatchObject({why: 'used', message: expect.stringContaining('running')})
    expect(await disk.remove({kind: 'image', id: held, state: 'another:1'})).toMatchObject({why: 'used'})
    expect(await disk.remove({kind: 'network', id: 'none', state: ''})).toMatchObject({why: 'failed'})
    expect(await disk.remove({kind: 'container', id: 'f'.repeat(64), state: ''})).toBeNull()
  })

  test('no request that was ever made touches a volume, or forces a container', async () => {
    await run({}, true)
    const changing = changes()
    expect(changing.length).toBeGreaterThan(8)
    expect(changing.filter((request) => !allowed.some((pattern) => pattern.test(request)))).toEqual([])
    expect(proxy.requests().filter((request) => /volume|[?&]v=/.test(request))).toEqual([])
    expect(changing.filter((request) => request.includes('/containers/') && request.includes('?'))).toEqual([])
  })

  test('an engine that is not there ends the command with 10, and a client that is interrupted with 130', async () => {
    process.env.DOCKER_HOST = `unix://${path.join(folder, 'nobody.sock')}`
    try {
      expect(await runCommand(Prune, 'prune', ['--yes'], () => ports)).toMatchObject({
        code: 10,
        stderr: expect.stringContaining('The Docker Engine does not answer.'),
      })
    } finally {
      process.env.DOCKER_HOST = proxy.host
    }
    ports.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    await expect(run()).rejects.toMatchObject({kind: 'interrupted'})
  })
})
