import {OperatorError} from '../../src/lib/errors.ts'
import {beforeEach, describe, expect, test} from 'vitest'
import {openSession, type Session} from '../support/session.ts'

let session: Session

beforeEach(() => {
  session = openSession()
})

const v1 = ['shop/api:v1', 'shop/api:v1']
const v2 = ['shop/api:v2', 'shop/api:v2']

/** Deploys `v2`, a second after whatever was before. */
async function deployed(): Promise<void> {
  session.ports.clock.advance(1000)
  await session.sparkone('deploy v2 --yes')
  session.ports.clock.advance(1000)
}

/** As after a run that died while the API was asked behind its proxy. */
async function cutOff(): Promise<void> {
  await deployed()
  const [release] = await session.ports.ledger.all()
  await session.ports.ledger.save({...release!, outcome: null, endedAt: null, step: 'gate'})
}

const linesOf = (text: string) => text.trimEnd().split('\n')

describe('sparkone deploy', () => {
  test('shows what would happen on a dry run, and changes nothing', async () => {
    const {code, stdout} = await session.sparkone('deploy v2 --dry-run')
    expect(code).toBe(0)
    expect(linesOf(stdout)).toEqual([
      'Would:',
      expect.stringMatching(/^ {2}- api: shop\/api:v2 \(v2\w+\) instead of shop\/api:v1 \(v1\w+\), 2 containers, one after the other$/),
      '  - take a backup and prove it by a restore first',
      '  - no migrations to apply (schema 001)',
      '  - the proxy cannot be asked',
      expect.stringMatching(/^ {2}- watch it for \d+ s; when it fails, v1 is put back$/),
      'Nothing was changed.',
    ])
    expect(session.ports.fleet.running).toEqual(v1)
    expect(await session.document('deploy v2 --dry-run')).toMatchObject({status: 'planned', exitCode: 0})
  })

  test('says what runs, how long it took, and what was not looked at', async () => {
    const {code, stdout} = await session.sparkone('deploy v2 --yes')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^Release v2 runs\n {2}release {4}\S+ \(v2\)\n {2}runs {7}api: shop\/api:v2 in 2 containers\n {2}schema {5}001\n {2}backup {5}\S+\n/,
    )
    expect(stdout).toMatch(/ {2}took +\d.*\n {2}note +the API was not asked: its address is not known \(api\.url\)/)
    expect(session.ports.fleet.running).toEqual(v2)
  })

  test('tells the same in its document', async () => {
    expect(await session.document('deploy v2 --yes')).toMatchObject({
      exitCode: 0,
      status: 'done',
      release: {version: 'v2', outcome: 'good', restart: false, actor: 'operator@server', minimumSchema: null},
      remarks: [],
      lastLines: ['shop-api-4 is listening'],
    })
    expect(await session.document('deploy v2 --yes')).toMatchObject({exitCode: 0, release: null})
  })

  test('ends with 1 where a hook or a drain did not do its part, and says which', async () => {
    session.ports.fleet.drain = async () => {
      throw new OperatorError('failed', 'No such program.')
    }
    const {code, stdout} = await session.sparkone('deploy v2 --yes')
    expect(code).toBe(1)
    expect(stdout).toContain('  ! deploy.drain did not work in shop-api-1')
  })

  test('ends with 4 when it is not agreed to, and changes nothing', async () => {
    session.ports.confirmation.agrees = false
    const {code, stderr} = await session.sparkone('deploy v2')
    expect([code, stderr]).toEqual([4, expect.stringContaining('Deploy v2?')])
    expect(session.ports.fleet.running).toEqual(v1)
    expect(await session.ports.ledger.all()).toEqual([])
  })

  test('ends with 8 when it failed and was put back, with what the container said last', async () => {
    session.ports.fleet.ill.add('v2')
    const {code, stdout, stderr} = await session.sparkone('deploy v2 --yes')
    expect([code, stdout]).toEqual([8, ''])
    expect(linesOf(stderr)).toEqual([
      'Release v2 failed; v1 runs again.',
      '  The new container shop-api-3 did not become well: its health check fails.',
      '  shop-api-3 is listening',
      'Next: sparkone releases shows what was tried; sparkone deploy tries again.',
    ])
    expect(await session.document('deploy v2 --yes')).toMatchObject({exitCode: 8, error: {kind: 'rolledBack'}})
  })

  test('ends with 9 for a version that is not there', async () => {
    expect((await session.sparkone('deploy v9 --yes')).code).toBe(9)
    expect(await session.document('deploy v9 --yes')).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
  })

  test.each(['deploy v2 v3', 'deploy --rollback', 'deploy v2 --restrat', 'rollback --datas', 'releases v2', 'deploy resume now'])(
    '%s is a slip of the hand, ends with 3, and changes nothing',
    async (line) => {
      expect((await session.sparkone(line)).code).toBe(3)
      expect(session.ports.events).toEqual([])
    },
  )
})

describe('sparkone deploy resume', () => {
  test('is what a release that was cut off is ended by, and nothing else is begun before: 4', async () => {
    await cutOff()
    for (const line of ['deploy v2 --yes', 'rollback --yes']) {
      const {code, stderr} = await session.sparkone(line)
      expect([code, stderr]).toEqual([4, expect.stringMatching(/was cut off at the step gate\.\nNext: sparkone deploy resume goes on/)])
    }
    expect(await session.document('deploy resume --yes')).toMatchObject({exitCode: 0, release: {version: 'v2', outcome: 'good'}})
    expect(await session.document('deploy resume')).toMatchObject({exitCode: 0, release: null})
  })

  test('says what is half-done, and can put back what ran before', async () => {
    await cutOff()
    const {stdout} = await session.sparkone('deploy resume --dry-run')
    expect(linesOf(stdout)).toEqual([
      'Would:',
      '  - release v2 was cut off: all containers were replaced; the API was being asked behind its proxy',
      '  - api: 2 of 2 containers run shop/api:v2',
      '  - go on from there: gate, soak',
      'Nothing was changed.',
    ])
    expect(await session.sparkone('deploy resume --back --yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Release v2 was given up/),
    })
    expect(session.ports.fleet.running).toEqual(v1)
  })
})

describe('sparkone rollback', () => {
  test('goes back, and says so', async () => {
    await deployed()
    const {code, stdout} = await session.sparkone('rollback --yes')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Back at v1\n/)])
    expect(session.ports.fleet.running).toEqual(v1)
  })

  test('ends with 6 where the schema forbids it, and names the ways that are left', async () => {
    session.ports.fleet.onMigrate = () => {
      session.ports.postgres.migrations = [...(session.ports.postgres.migrations ?? []), {name: '002-drop', breaking: true}]
    }
    await deployed()
    const {code, stderr} = await session.sparkone('rollback --yes')
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/002-drop came since[^]*Next: Forward: .* Back, .*--with-data \(backup \S+\)\.\n$/),
    ])
    expect(session.ports.fleet.running).toEqual(v2)
    expect(await session.document('rollback')).toMatchObject({exitCode: 6, error: {kind: 'incompatible'}})
    expect(await session.document('rollback v1 --with-data --yes')).toMatchObject({
      exitCode: 0,
      release: {version: 'v1', data: expect.any(String)},
    })
  })

  test.each([
    ['what is not in the ledger', 'rollback v9', 9],
    ['what runs', 'rollback v2', 4],
  ])('of %s ends with its code, and changes nothing', async (_, line, exitCode) => {
    await deployed()
    expect((await session.sparkone(line)).code).toBe(exitCode)
    expect(await session.document(line)).toMatchObject({exitCode, status: 'failed'})
    expect(session.ports.fleet.running).toEqual(v2)
  })

  test('without a release before ends with 9', async () => {
    expect((await session.sparkone('rollback')).code).toBe(9)
  })
})

describe('sparkone releases', () => {
  test('is empty before the first one', async () => {
    const {code, stdout} = await session.sparkone('releases')
    expect([code, stdout]).toEqual([0, 'No release is known yet. sparkone deploy writes the first one.\n'])
  })

  test('shows the newest first, what became of each, and what runs, within 80 columns', async () => {
    await deployed()
    await session.sparkone('rollback --yes')
    session.ports.clock.advance(1000)
    session.ports.postgres.migrations = [{name: '20261122100000_add_orders_index', breaking: false}]
    session.ports.fleet.offer('2026.11.22-1234')
    session.ports.fleet.ill.add('2026.11.22-1234')
    await session.sparkone('deploy 2026.11.22-1234 --yes')
    const {stdout} = await session.sparkone('releases')
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /2026\.11\.22-1234 deploy: put back, .* \* \S+ v1 back to v1, schema 001, by operator@server \S+ v2 deploy, .* \S+ v1 found, /,
    )
    const tooLong = linesOf(stdout).filter((line) => line.length > 80)
    expect(tooLong).toEqual([])
  })

  test('has all of it in its document', async () => {
    await deployed()
    const {current, releases} = await session.document('releases')
    expect(releases).toMatchObject([
      {id: current, kind: 'deploy', version: 'v2', outcome: 'good', previous: expect.any(String)},
      {kind: 'found', version: 'v1'},
    ])
  })
})
