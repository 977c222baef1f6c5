import {beforeEach, describe, expect, test} from 'vitest'
import {releaseSteps} from '../../../src/lib/domain/release.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {apiUrl, openReleaseScene, usualRules} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v2 = ['shop/api:v2', 'shop/api:v2']
const breaking = {name: '002-drop', breaking: true}

describe('deploy', () => {
  test('replaces one container after the other, and never has fewer than before', async () => {
    const {result} = await scene.deploy('v2')
    expect(scene.ports.fleet.running).toEqual(v2)
    expect(scene.ports.fleet.leastWell).toBe(2)
    expect(result?.soaked?.answers).toEqual({well: 60, all: 60})
    expect(await scene.ledger()).toEqual(['deploy v2: good', 'found v1: good'])
  })

  test('takes a backup and proves it first, unless a proven one is recent', async () => {
    const first = await scene.deploy('v2')
    const [set] = await scene.ports.sets.list()
    expect(set?.proof?.passed).toBe(true)
    expect(first.result?.release.backup).toBe(set?.manifest.id)
    scene.ports.fleet.offer('v3')
    await scene.deploy('v3')
    expect(await scene.ports.sets.list()).toHaveLength(1)
    scene.ports.clock.advance(3_600_000)
    scene.ports.fleet.offer('v4')
    await scene.deploy('v4')
    expect(await scene.ports.sets.list()).toHaveLength(2)
  })

  test('changes nothing when the backup fails its proof', async () => {
    scene.ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'corrupt', details: expect.arrayContaining(['Nothing was changed.'])})
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.set.version).toBe('v1')
    expect(await scene.ledger()).toEqual(['deploy v2: abandoned', 'found v1: good'])
  })

  test('shows images, backup, migrations and what happens when it fails, and changes nothing on a dry run', async () => {
    scene.offer('v2', {name: '002-add', breaking: false}, breaking)
    const {plan, result} = await scene.deploy('v2', {dryRun: true})
    expect(result).toBeNull()
    expect(plan.summary.join('\n')).toMatch(/shop\/api:v2 .* instead of shop\/api:v1 .*2 containers/)
    expect(plan.summary).toEqual(
      expect.arrayContaining([
        'take a backup and prove it by a restore first',
        '  002-add',
        '  002-drop, which older code cannot work with',
        'watch it for 60 s; when it fails after 002-drop, v1 is NOT put back, since it cannot work with that schema',
      ]),
    )
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(await scene.ledger()).toEqual([])
  })

  test('of what runs already does nothing, unless containers are to be replaced for new settings', async () => {
    scene.ports.fleet.offer('v1')
    expect((await scene.deploy('v1')).result).toBeNull()
    const before = scene.ports.fleet.containers.map(({id}) => id)
    scene.ports.clock.advance(1000)
    expect((await scene.deploy('v1', {restart: true})).result?.release.outcome).toBe('good')
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.containers.filter(({id}) => before.includes(id))).toEqual([])
  })

  test('of a version that does not become well leaves the old containers serving, and ends with 8', async () => {
    scene.ports.fleet.ill.add('v2')
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack', exitCode: 8})
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.set.version).toBe('v1')
    expect(scene.ports.fleet.leastWell).toBe(2)
    expect(await scene.ledger()).toEqual(['deploy v2: put back', 'found v1: good'])
  })

  test('of a version that turns bad while it is watched puts the one before back, and ends with 8', async () => {
    const sleep = scene.ports.clock.sleep.bind(scene.ports.clock)
    scene.ports.clock.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal)
      const bad = scene.ports.fleet.running.includes('shop/api:v2') && scene.ports.steps.at(-1)?.startsWith('Watch')
      scene.ports.network.answer(apiUrl, {status: bad ? 500 : 200})
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      message: 'Release v2 failed; v1 runs again.',
      details: [`The new release turned bad: ${apiUrl} answers with 500, 2 times in a row.`],
    })
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test.each([
    ['a container that ends', {running: false}, 'has ended'],
    ['a container that is started again', {restarts: 3}, 'is unhealthy or was started again'],
    ['a container that turns unhealthy', {health: 'unhealthy' as const}, 'is unhealthy or was started again'],
  ])('puts the one before back for %s while it is watched', async (_, changes, words) => {
    const {clock, fleet, steps} = scene.ports
    const sleep = clock.sleep.bind(clock)
    clock.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal)
      if (!steps.at(-1)?.startsWith('Watch')) return
      fleet.containers = fleet.containers.map((each, index) => (index === 0 ? {...each, ...changes} : each))
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: expect.arrayContaining([expect.stringContaining(words)]),
    })
    expect(fleet.running).toEqual(v1)
  })

  test.each([
    ['errors', [0.001, 0.05], '5 % of the requests fail, before it were 0.1 %'],
    ['p95', [0.3, 0.7], 'p95 is 700 ms, before it was 300 ms'],
  ])('puts the one before back when %s grow', async (what, [before, after], words) => {
    const prometheusUrl = 'http://127.0.0.1:9090'
    const at = (query: string) => `${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`
    const one = (value = 0) => ({status: 200, body: JSON.stringify({data: {result: [{value: [0, String(value)]}]}})})
    scene.ports.network.answer(at(`${what}[10m]`), one(before)).answer(at(`${what}[60s]`), one(after))
    await expect(scene.deploy('v2', {rules: {...usualRules, prometheusUrl}})).rejects.toMatchObject({
      kind: 'rolledBack',
      details: [`The new release does worse: ${words}.`],
    })
  })

  test.each([
    ['in p95 that nobody notices', 0.08, 0.4, 60_000],
    ['over a time that is too short to tell', 0.3, 5, 20_000],
  ])('is not frightened by a change %s', async (_, before, after, durationMilliseconds) => {
    const prometheusUrl = 'http://127.0.0.1:9090'
    const at = (window: string) => `${prometheusUrl}/api/v1/query?query=${encodeURIComponent(`p95[${window}]`)}`
    const one = (value: number) => ({status: 200, body: JSON.stringify({data: {result: [{value: [0, String(value)]}]}})})
    scene.ports.network.answer(at('10m'), one(before)).answer(at(`${durationMilliseconds / 1000}s`), one(after))
    const rules = {...usualRules, prometheusUrl, soak: {...usualRules.soak, durationMilliseconds}}
    expect((await scene.deploy('v2', {rules})).result?.release.outcome).toBe('good')
  })

  test('does not put back code that cannot work with the schema any more, and says how things stand and what is left', async () => {
    scene.offer('v2', breaking)
    scene.ports.fleet.ill.add('v2')
    const error = await scene.deploy('v2').catch((reason: unknown) => reason as OperatorError)
    expect(error).toMatchObject({kind: 'failed', exitCode: 2})
    const [backup] = await scene.ports.sets.list()
    expect((error as OperatorError).details.join('\n')).toMatch(
      /cannot work with the schema any more: 002-drop\.[^]*0 of 2 containers run shop\/api:v2/,
    )
    expect((error as OperatorError).hint).toContain(`--with-data (backup ${backup!.manifest.id})`)
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(await scene.ledger()).toEqual(['deploy v2: failed', 'found v1: good'])
  })

  test('whose migrations fail puts the version back, and ends with 8', async () => {
    scene.offer('v2', breaking)
    scene.ports.fleet.onMigrate = () => {
      throw new OperatorError('failed', 'The migrations failed.', {details: ['ERROR: relation "x" does not exist']})
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: expect.arrayContaining(['ERROR: relation "x" does not exist']),
    })
    expect(scene.ports.fleet.set.version).toBe('v1')
    expect(scene.ports.events.filter((event) => event.startsWith('add'))).toEqual([])
  })

  test('that is interrupted puts the one before back, and ends as interrupted', async () => {
    scene.ports.fleet.onMigrate = () => scene.ports.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'interrupted', message: 'Release v2 was given up; v1 runs again.'})
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.set.version).toBe('v1')
  })

  test('runs the hooks, and what fails of them at the end is told and changes nothing', async () => {
    const hooks = {...usualRules.hooks, before: ['./before'], after: ['./after'], failed: ['./failed'], finally: ['./finally']}
    await scene.deploy('v2', {rules: {...usualRules, hooks}})
    expect(scene.ports.toolbox.started.map(({argv, environment}) => `${argv[0]} ${environment.SPARKONE_OUTCOME}`)).toEqual([
      './before ',
      './after good',
      './finally good',
    ])
    scene.ports.toolbox.ending = {exitCode: 1, output: 'no'}
    scene.ports.fleet.offer('v3')
    await expect(scene.deploy('v3', {rules: {...usualRules, hooks}})).rejects.toMatchObject({
      kind: 'failed',
      message: 'The hook before (./before) ended with 1.',
    })
    expect(scene.ports.fleet.running).toEqual(v2)
    const {result} = await scene.deploy('v3', {rules: {...usualRules, hooks: {...hooks, before: null}}})
    expect(result?.remarks).toEqual(['The hook after (./after) ended with 1.', 'The hook finally (./finally) ended with 1.'])
  })

  test('of what does not exist changes nothing', async () => {
    await expect(scene.deploy('v9')).rejects.toMatchObject({kind: 'notFound'})
    expect(await scene.ledger()).toEqual([])
  })
})

describe('a deployment that is killed', () => {
  /** Kills the run when it would write that it begins a step. */
  async function killAt(step: string): Promise<void> {
    await scene.killed(
      (die) => (scene.ports.ledger.onSave = (release) => (release.kind === 'deploy' && release.step === step ? die() : undefined)),
      () => scene.deploy('v2'),
    )
    scene.ports.ledger.onSave = () => {}
  }

  const steps = releaseSteps.filter((step) => step !== 'backup' && step !== 'after')

  test.each(steps)('before %s is ended by resume, with everything old or everything new', async (step) => {
    scene.offer('v2', {name: '002-add', breaking: false})
    await killAt(step)
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'refused', hint: expect.stringContaining('deploy resume')})
    await expect(scene.rollback()).rejects.toMatchObject({kind: 'refused'})
    await scene.resume()
    const {running} = scene.ports.fleet
    expect([v1, v2]).toContainEqual(running)
    expect(scene.ports.fleet.set.version).toBe(running[0]!.split(':')[1])
    expect(scene.ports.fleet.leastWell).toBeGreaterThanOrEqual(2)
    await scene.deploy('v2')
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  test.each(steps)('before %s can be put back instead', async (step) => {
    await killAt(step)
    await scene.resume({back: true})
    expect(scene.ports.fleet.running).toEqual(v1)
    expect(scene.ports.fleet.set.version).toBe('v1')
  })

  test('half-way through replacing says how many containers run what', async () => {
    const remove = scene.ports.fleet.remove.bind(scene.ports.fleet)
    await scene.killed(
      (die) => (scene.ports.fleet.remove = async (replica) => (await remove(replica), die())),
      () => scene.deploy('v2'),
    )
    scene.ports.fleet.remove = remove
    const {plan} = await scene.resume({dryRun: true})
    expect(plan.summary).toEqual([
      'release v2 was cut off: containers were being replaced',
      'api: 1 of 2 containers run shop/api:v2',
      'go on from there: replace, gate, soak',
    ])
    await scene.resume()
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  test('leaves nothing to resume where none was cut off', async () => {
    expect((await scene.resume()).plan.summary).toEqual(['no release was cut off'])
  })
})
