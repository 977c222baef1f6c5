import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../../src/lib/errors.ts'
import {apiImage} from '../../support/fakes/release-stack.ts'
import {openReleaseScene, usualRules} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v2 = ['shop/api:v2', 'shop/api:v2']
const interruption = new OperatorError('interrupted', 'Interrupted.')

describe('replacing containers', () => {
  test('ends no old container once a new one that was well has ended', async () => {
    const {clock, fleet} = scene.ports
    const sleep = clock.sleep.bind(clock)
    clock.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal)
      // While the proxy is given time to notice the first new one.
      if (milliseconds !== 6000) return
      fleet.containers = fleet.containers.map((each) => (each.image.name === 'shop/api:v2' ? {...each, running: false} : each))
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: expect.arrayContaining([expect.stringMatching(/shop-api-3 .*has ended/)]),
    })
    expect(scene.ports.events).not.toContain('remove shop/api:v1')
    expect(fleet.running).toEqual(v1)
  })

  test('gives up where Compose makes containers of another image than it should, and ends none that serves', async () => {
    const {fleet} = scene.ports
    const add = fleet.add.bind(fleet)
    fleet.add = async (service) => {
      fleet.set = {...fleet.set, images: [apiImage('other')]}
      return add(service)
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: expect.arrayContaining([expect.stringContaining('shop/api:other instead of shop/api:v2')]),
    })
    expect(fleet.running).toEqual(v1)
    expect(fleet.leastWell).toBeGreaterThanOrEqual(2)
  })

  test('puts back without ending old containers that are unwell for a reason of their own', async () => {
    const {fleet} = scene.ports
    fleet.probe = async () => 'its database is away'
    const error = await scene.deploy('v2').catch((reason: unknown) => reason)
    expect(error).toMatchObject({kind: 'failed', details: expect.arrayContaining([expect.stringContaining('its database is away')])})
    expect(fleet.running).toEqual(v1)
  })
})

describe('Ctrl-C', () => {
  test('while a migration that older code cannot work with was applied does not put older code back', async () => {
    scene.offer('v2', {name: '002-drop', breaking: true})
    const migrate = scene.ports.fleet.onMigrate
    scene.ports.fleet.onMigrate = () => {
      migrate()
      scene.ports.abort.abort(interruption)
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'failed',
      details: expect.arrayContaining([expect.stringContaining('cannot work with the schema any more: 002-drop')]),
    })
  })

  test('in the middle of going back with data puts back the data, too', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    scene.ports.postgres.databases.get('shop')!.tables.orders = 50
    const {clock} = scene.ports
    const sleep = clock.sleep.bind(clock)
    clock.sleep = async (milliseconds, signal) => {
      if (milliseconds === 6000) scene.ports.abort.abort(interruption)
      await sleep(milliseconds, signal)
    }
    await expect(scene.rollback('v1', {withData: true})).rejects.toMatchObject({kind: 'interrupted'})
    expect(scene.ports.postgres.databases.get('shop')!.tables.orders).toBe(50)
    expect(scene.ports.fleet.running).toEqual(v2)
  })
})

describe('a ledger that cannot be written', () => {
  const full = new OperatorError('noSpace', 'No space is left.')

  test('changes nothing when it is full from the start', async () => {
    scene.ports.ledger.onSave = () => {
      throw full
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'noSpace'})
    expect(scene.ports.fleet.set.version).toBe('v1')
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test.each(['migrate', 'replace', 'soak'] as const)(
    'at the step %s puts back what ran, and says what to do about the ledger',
    async (step) => {
      scene.ports.ledger.onSave = (release) => {
        if (release.step === step) throw full
      }
      await expect(scene.deploy('v2')).rejects.toMatchObject({
        kind: 'rolledBack',
        details: expect.arrayContaining([expect.stringMatching(/could not be written to the ledger: No space.*deploy resume --back/)]),
      })
      expect(scene.ports.fleet.running).toEqual(v1)
      scene.ports.ledger.onSave = () => {}
      await scene.resume({back: true})
      expect(await scene.ledger()).toEqual(['deploy v2: put back', 'found v1: good'])
    },
  )

  test('leaves a release that is good, and says so', async () => {
    scene.ports.ledger.onSave = ({outcome, kind}) => {
      if (outcome === 'good' && kind === 'deploy') throw full
    }
    const {result} = await scene.deploy('v2')
    expect(result?.remarks).toEqual([expect.stringMatching(/^That could not be written to the ledger: No space.*sparkone deploy resume$/)])
    expect(scene.ports.fleet.running).toEqual(v2)
  })
})

describe('whatever goes wrong', () => {
  test('hooks may run sparkone within the lock of the deployment', async () => {
    await scene.deploy('v2', {rules: {...usualRules, hooks: {...usualRules.hooks, before: ['./before']}}})
    expect(scene.ports.toolbox.started[0]?.environment.SPARKONE_WITHIN).toMatch(/^[0-9a-f]{6}$/)
  })

  test('a bug of sparkone after the switch puts back what ran, as well', async () => {
    scene.ports.fleet.remove = async () => {
      throw new TypeError('x is undefined')
    }
    const {add} = scene.ports.fleet
    scene.ports.fleet.add = async (service) => {
      if (scene.ports.fleet.set.version === 'v2') throw new TypeError('x is undefined')
      return add.call(scene.ports.fleet, service)
    }
    await expect(scene.deploy('v2')).rejects.toMatchObject({
      kind: 'rolledBack',
      details: ['sparkone has a bug: TypeError: x is undefined.'],
    })
    expect(scene.ports.fleet.set.version).toBe('v1')
  })

  test('a container that could not be asked to leave the proxy goes all the same, and it is told', async () => {
    const {fleet} = scene.ports
    fleet.drain = async () => {
      throw new OperatorError('failed', 'No such program.')
    }
    const {result} = await scene.deploy('v2')
    const told = ['shop-api-1', 'shop-api-2'].map((name) =>
      expect.stringMatching(`deploy.drain did not work in ${name}.*: No such program$`),
    )
    expect(result?.remarks).toEqual(told)
    expect(fleet.running).toEqual(v2)
  })
})

describe('resume', () => {
  test('still replaces every container of a deployment for new settings', async () => {
    scene.ports.fleet.offer('v1')
    const before = scene.ports.fleet.containers.map(({id}) => id)
    scene.ports.clock.advance(1000)
    await scene.killed(
      (die) => (scene.ports.ledger.onSave = ({step}) => (step === 'replace' ? die() : undefined)),
      () => scene.deploy('v1', {restart: true}),
    )
    scene.ports.ledger.onSave = () => {}
    await scene.resume()
    expect(scene.ports.fleet.containers.filter(({id}) => before.includes(id))).toEqual([])
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test('goes on although nothing runs any more, as after a power cut', async () => {
    await scene.killed(
      (die) => (scene.ports.ledger.onSave = ({step}) => (step === 'replace' ? die() : undefined)),
      () => scene.deploy('v2'),
    )
    scene.ports.ledger.onSave = () => {}
    scene.ports.fleet.containers = scene.ports.fleet.containers.map((each) => ({...each, running: false}))
    await scene.resume()
    expect(scene.ports.fleet.running).toEqual(v2)
  })

  describe('of a rollback with data that died right after the swap', () => {
    const orders = () => scene.ports.postgres.databases.get('shop')!.tables.orders

    beforeEach(async () => {
      await scene.deploy('v2')
      scene.ports.clock.advance(1000)
      scene.ports.postgres.databases.get('shop')!.tables.orders = 50
      const {postgres} = scene.ports
      const swap = postgres.executeExclusively.bind(postgres)
      await scene.killed(
        (die) => (postgres.executeExclusively = async (...words) => (await swap(...words), die())),
        () => scene.rollback('v1', {withData: true}),
      )
      postgres.executeExclusively = swap
      scene.ports.clock.advance(1000)
    })

    test('goes on without restoring once more, so that undoing still brings back what was there', async () => {
      await scene.resume()
      const kept = [...scene.ports.postgres.databases].filter(([name]) => name.startsWith('shop_before_'))
      expect(kept.map(([, {tables}]) => tables.orders)).toEqual([50])
      expect(scene.ports.fleet.running).toEqual(v1)
    })

    test('puts the data back with the release', async () => {
      await scene.resume({back: true})
      expect(orders()).toBe(50)
      expect(scene.ports.fleet.running).toEqual(v2)
    })
  })
})
