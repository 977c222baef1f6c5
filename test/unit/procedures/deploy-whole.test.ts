import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../../src/lib/errors.ts'
import {openReleaseScene, usualRules} from '../../support/release-scene.ts'

let scene: ReturnType<typeof openReleaseScene>

beforeEach(() => {
  scene = openReleaseScene()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v2 = ['shop/api:v2', 'shop/api:v2']

describe('the backup that a release takes', () => {
  const hooks = {...usualRules.backupHooks, before: ['./quiet'], after: ['./loud'], failed: ['./cry'], finally: ['./always']}
  const rules = {...usualRules, backupHooks: hooks}
  const started = () => scene.ports.toolbox.started.map(({argv}) => argv[0])

  test('has the hooks of a backup around it, which work within the lock of the release', async () => {
    const {result} = await scene.deploy('v2', {rules})
    expect(started()).toEqual(['./quiet', './loud', './always'])
    const [, loud] = scene.ports.toolbox.started
    expect(loud!.environment).toMatchObject({
      SPARKONE_WITHIN: expect.stringMatching(/^[0-9a-f]{6}$/),
      SPARKONE_KIND: 'database',
      SPARKONE_SET: result?.release.backup,
      SPARKONE_OUTCOME: 'done',
    })
  })

  test('is not taken, and nothing is changed, when the hook before it fails', async () => {
    scene.ports.toolbox.endings.set('./quiet', {exitCode: 1, output: 'no\n'})
    await expect(scene.deploy('v2', {rules})).rejects.toMatchObject({message: 'The hook before (./quiet) ended with 1.'})
    expect(started()).toEqual(['./quiet', './cry', './always'])
    expect(await scene.ports.sets.list()).toEqual([])
    expect(scene.ports.fleet.running).toEqual(v1)
  })

  test('is good although a hook behind it fails, and the release says so', async () => {
    scene.ports.toolbox.endings.set('./loud', {exitCode: 1, output: 'nobody listens\n'})
    const {result} = await scene.deploy('v2', {rules})
    expect(result).toMatchObject({release: {outcome: 'good'}, remarks: [expect.stringContaining('nobody listens')]})
  })

  test('runs no hooks where a recent one will do', async () => {
    await scene.deploy('v2')
    scene.ports.fleet.offer('v3')
    await scene.deploy('v3', {rules})
    expect(started()).toEqual([])
  })
})

describe('a service that was scaled to 0', () => {
  beforeEach(() => {
    scene.ports.fleet.idle = ['worker']
    scene.ports.fleet.offer('v2')
  })

  test('stops no release, is left at 0, and the plan says so', async () => {
    const {plan, result} = await scene.deploy('v2')
    expect(plan.summary).toContain('worker: no container runs, and none is started')
    expect(result?.release.outcome).toBe('good')
    expect(scene.ports.fleet.running).toEqual(v2)
    scene.ports.clock.advance(1000)
    expect((await scene.deploy('v2')).result).toBeNull()
  })

  test('is left at 0 when the release is put back, and when it is gone back from', async () => {
    scene.ports.fleet.offer('v3')
    scene.ports.fleet.ill.add('v3')
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    await expect(scene.deploy('v3')).rejects.toMatchObject({kind: 'rolledBack'})
    expect(scene.ports.fleet.running).toEqual(v2)
    scene.ports.clock.advance(1000)
    await scene.rollback('v1')
    expect(scene.ports.fleet.running).toEqual(v1)
  })
})

describe('putting back', () => {
  test('goes on by itself when Docker stumbles once in the middle', async () => {
    const {fleet} = scene.ports
    const add = fleet.add.bind(fleet)
    let stumbles = 1
    fleet.add = async (service) => {
      if (fleet.set.version === 'v1' && stumbles-- > 0) throw new OperatorError('failed', 'Docker: busy')
      return add(service)
    }
    failInTheEnd()
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack'})
    expect(fleet.running).toEqual(v1)
  })

  test('replaces a container of before that has become ill meanwhile, instead of stopping half-way', async () => {
    const {fleet} = scene.ports
    const [old] = fleet.containers
    const probe = fleet.probe.bind(fleet)
    fleet.probe = async (replica) => (replica.id === old!.id ? 'it hangs' : probe(replica))
    fleet.ill.add('v2')
    await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'rolledBack'})
    expect(fleet.running).toEqual(v1)
    expect(fleet.containers.map(({id}) => id)).not.toContain(old!.id)
  })

  test.each(['deploy', 'rollback'] as const)(
    'that failed half-way is ended by a plain %s, with as many containers as before',
    async (verb) => {
      const {fleet} = scene.ports
      const remove = fleet.remove.bind(fleet)
      fleet.remove = async (replica) => {
        if (fleet.set.version === 'v1' && replica.image.name === 'shop/api:v2') throw new OperatorError('failed', 'Docker: busy')
        return remove(replica)
      }
      failInTheEnd()
      await expect(scene.deploy('v2')).rejects.toMatchObject({kind: 'failed'})
      expect(new Set(fleet.running)).toEqual(new Set([...v1, ...v2]))
      fleet.remove = remove
      scene.ports.clock.advance(1000)
      fleet.offer('v1')
      const {plan} = await scene[verb]('v1')
      expect(plan.summary).toContain('containers of several releases run side by side')
      expect(fleet.running).toEqual(v1)
    },
  )

  test('keeps what was scaled since the release', async () => {
    await scene.deploy('v2')
    scene.ports.clock.advance(1000)
    await scene.ports.fleet.add('api')
    scene.ports.fleet.offer('v3')
    scene.ports.fleet.ill.add('v3')
    await expect(scene.deploy('v3')).rejects.toMatchObject({kind: 'rolledBack'})
    expect(scene.ports.fleet.running).toEqual([...v2, 'shop/api:v2'])
    await scene.rollback('v1')
    expect(scene.ports.fleet.running).toEqual([...v1, 'shop/api:v1'])
  })
})

/** All containers are of the new version by then, and none of them is well any more. */
function failInTheEnd(): void {
  const {fleet} = scene.ports
  const lines = fleet.replicas.bind(fleet)
  fleet.replicas = async (service) => {
    const replicas = await lines(service)
    const isReplaced = fleet.set.version === 'v2' && replicas.length === 2 && replicas.every(({image}) => image.name === 'shop/api:v2')
    return isReplaced ? replicas.map((replica) => ({...replica, health: 'unhealthy' as const})) : replicas
  }
}
