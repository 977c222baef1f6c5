import {beforeEach, describe, expect, test} from 'vitest'
import Prune from '../../src/commands/prune.ts'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {runCommand} from '../support/command.ts'
import {containerOf, imageOf} from '../support/fakes/docker.ts'
import {FakePorts} from '../support/fakes/ports.ts'

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
  ports.dockerDisk.now = {
    images: [imageOf('api:1'), imageOf('api:2', 1)],
    containers: [containerOf('job'), containerOf('db', 30, {state: 'running', endedAt: null, volumes: ['shop_data']})],
    networks: [],
    volumes: [{name: 'shop_data', bytes: 3 * 1024 ** 2}],
    cache: [],
  }
})

const run = (...argv: string[]) => runCommand(Prune, 'prune', argv, () => ports)

/** The document, once it has been held against its schema. */
async function document(...argv: string[]) {
  const {code, stdout, stderr} = await run(...argv, '--json')
  const body: unknown = JSON.parse(stdout)
  expect(documentSchemas.prune!.safeParse(body).error?.message).toBeUndefined()
  return {code, stderr, body: body as Record<string, unknown>}
}

test('a dry run shows what goes, what stays and the volumes, each with the reason, and changes nothing', async () => {
  const {code, stdout} = await run('--dry-run')
  expect(code).toBe(0)
  expect(stdout).toMatch(/remove +container +10 B +job: ended 30d ago/)
  expect(stdout).toMatch(/remove +image +1 KiB +api:1: no container is made of it; here since\s+30d/)
  expect(stdout).toMatch(/keep +container +10 B +db: it is running/)
  expect(stdout).toMatch(/keep +image +1 KiB +api:2: it is new: 24h of 7d/)
  expect(stdout).toMatch(/Volumes, which are never removed\n +3 MiB +shop_data: used by db/)
  expect(stdout).toMatch(/\/: 60 GiB \(60 %\) free\nNothing was changed\./)
  expect(ports.dockerDisk.removed).toEqual([])
})

test('afterwards it says what was removed, and the disk before and now', async () => {
  const {code, stdout} = await run('--yes')
  expect(code).toBe(0)
  expect(stdout).toMatch(/removed +image/)
  expect(stdout).toContain('/: 60 GiB (60 %) free before, 60 GiB (60 %) free now')
  expect(ports.dockerDisk.removed).toEqual(['id-job', 'sha256:api:1'])
})

test('the document names each thing by ID with bytes, reason and outcome, before and after', async () => {
  const planned = await document('--dry-run')
  expect(planned.body).toMatchObject({
    status: 'planned',
    items: [
      {id: 'id-job', outcome: 'planned'},
      {id: 'sha256:api:1', bytes: 1000},
    ],
  })
  const {body} = await document('--yes')
  expect(body).toMatchObject({
    status: 'done',
    enoughRoom: false,
    removedBytes: 1010,
    items: [
      {kind: 'container', id: 'id-job', outcome: 'removed', explanation: null},
      {kind: 'image', id: 'sha256:api:1', outcome: 'removed'},
    ],
    volumes: [{name: 'shop_data', bytes: 3 * 1024 ** 2, lastUser: 'db', isInUse: true}],
    disks: [{path: '/', freeBytesAfter: 60 * 1024 ** 3}],
  })
})

describe('--plan', () => {
  test('applies what a dry run has shown, by the name that it told', async () => {
    const {stdout} = await run('--dry-run')
    const [, name] = /Nothing was changed\. To remove exactly this: sparkone prune --plan (\S+)\n$/.exec(stdout) ?? []
    expect((await document('--dry-run')).body).toMatchObject({planId: name})
    ports.dockerDisk.now.containers = [...ports.dockerDisk.now.containers, containerOf('late', 0)]
    expect((await document('--yes', '--plan', name!)).body).toMatchObject({planId: name, removedBytes: 1010})
  })

  test('asks all the same', async () => {
    const {body} = await document('--dry-run')
    ports.confirmation.agrees = false
    expect((await run('--plan', String(body.planId))).code).toBe(4)
  })

  test('ends with 4 and removes nothing when something of it has changed', async () => {
    const {body} = await document('--dry-run')
    ports.dockerDisk.now.images = []
    const {code, stderr} = await run('--yes', '--plan', String(body.planId))
    expect({code, removed: ports.dockerDisk.removed}).toEqual({code: 4, removed: []})
    expect(stderr).toContain('look again with sparkone prune --dry-run')
  })

  test.each(['', 'latest'])('"%s" is no plan, and nothing goes', async (name) => {
    const {code, stderr} = await run('--yes', `--plan=${name}`)
    expect({code, removed: ports.dockerDisk.removed}).toEqual({code: 3, removed: []})
    expect(stderr).toContain('is no plan of prune')
  })
})

describe('exit codes', () => {
  test('4 when it is not confirmed, and nothing goes', async () => {
    ports.confirmation.agrees = false
    expect((await run()).code).toBe(4)
    expect(ports.dockerDisk.removed).toEqual([])
  })

  test('10 when Docker does not answer', async () => {
    ports.dockerDisk.failing = new OperatorError('unreachable', 'The Docker Engine does not answer.')
    expect(await run('--yes')).toMatchObject({code: 10, stderr: expect.stringContaining('The Docker Engine does not answer.')})
  })

  test('5 when another run holds the lock', async () => {
    ports.lockBook.acquire = async () => {
      throw new OperatorError('locked', 'deploy holds the lock.')
    }
    expect((await run('--yes')).code).toBe(5)
  })

  test('1 when something listed could not be removed, and the rest is', async () => {
    ports.dockerDisk.refusals.set('id-job', {why: 'failed', message: 'device or resource busy'})
    const {code, body} = await document('--yes')
    expect(code).toBe(1)
    expect(body).toMatchObject({status: 'done', items: [{outcome: 'failed', explanation: 'device or resource busy'}, {outcome: 'removed'}]})
  })

  test('0 when what was listed has come into use, which is said', async () => {
    ports.dockerDisk.refusals.set('id-job', {why: 'used', message: 'it is running'})
    const {code, body} = await document('--yes')
    expect(code).toBe(0)
    expect(body).toMatchObject({items: [{outcome: 'left', explanation: 'it is running'}, {outcome: 'removed'}]})
  })

  test('0 when there is nothing to remove, without asking', async () => {
    ports.dockerDisk.now.images = []
    ports.dockerDisk.now.containers = []
    ports.confirmation.agrees = false
    expect(await run()).toMatchObject({code: 0, stdout: expect.stringContaining('There is nothing to remove.')})
  })
})

describe('--when-below', () => {
  test('says that there is nothing to do where there is room enough', async () => {
    const {code, stdout} = await run('--yes', '--when-below', '20%')
    expect({code, stdout}).toEqual({code: 0, stdout: 'There is room enough, so there is nothing to do.\n/: 60 GiB (60 %) free\n'})
    expect((await document('--yes', '--when-below', '20%')).body).toMatchObject({status: 'done', enoughRoom: true, items: []})
  })

  test('acts where there is not', async () => {
    await run('--yes', '--when-below', '70%')
    expect(ports.dockerDisk.removed).toHaveLength(2)
  })

  test.each(['soon', '120%', '-1%', ''])('%s is no part of a disk', async (text) => {
    expect(await run('--yes', `--when-below=${text}`)).toMatchObject({code: 3, stderr: expect.stringContaining('--when-below')})
    expect(ports.dockerDisk.removed).toEqual([])
  })
})
