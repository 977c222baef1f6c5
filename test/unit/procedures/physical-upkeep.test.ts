import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {drillPhysically} from '../../../src/lib/procedures/physical/drill.ts'
import {expirePhysically} from '../../../src/lib/procedures/physical/expire.ts'
import {prunePhysically} from '../../../src/lib/procedures/physical/prune-old.ts'
import {restorePhysically} from '../../../src/lib/procedures/physical/restore.ts'
import {physicalBackup, segmentName} from '../../support/fakes/physical.ts'
import type {FakePorts} from '../../support/fakes/ports.ts'
import {actsOf, archivingPorts, failure, nightly, options} from '../../support/physical-run.ts'

let ports: FakePorts

beforeEach(() => {
  ports = archivingPorts()
})

const acted = () => actsOf(ports)

describe('restore to the end of the archive', () => {
  const restoreLatest = () => perform(restorePhysically, {at: 'latest'}, ports, options)

  test('takes the newest backup and says of when its last transaction is', async () => {
    const {plan, result} = await restoreLatest()
    expect(plan.summary[0]).toContain('to the end of the archive from backup')
    expect(ports.engine.recoveries).toMatchObject([{at: 'latest'}])
    expect(result).toMatchObject({swapped: true, at: new Date('2026-11-22T09:55:00Z'), recoveryPointSeconds: 300})
  })

  test('without a transaction after the backup it is as of the end of the backup', async () => {
    ports.engine.lastTransactionAt = null
    expect((await restoreLatest()).result?.at).toEqual(nightly.finishedAt)
  })

  test('a gap behind the newest backup ends it before anything is done', async () => {
    ports.engine.segments = ports.engine.segments.filter(({name}) => name !== segmentName(3))
    expect(await failure(restoreLatest())).toMatchObject({exitCode: 9, message: expect.stringContaining(segmentName(3))})
    expect(acted()).toEqual([])
  })

  test('without a backup there is nothing to recover from', async () => {
    ports.engine.backups = [{...nightly, damaged: true}]
    expect(await failure(restoreLatest())).toMatchObject({exitCode: 9})
  })
})

describe('drill', () => {
  const objectives = {recoveryTimeSeconds: 3600, recoveryPointSeconds: 900}
  const queries = [{name: 'shop opens', query: 'SELECT 1', expect: '1'}]
  const drill = (checks: {queries: typeof queries; program: null} = {queries: [], program: null}) =>
    perform(drillPhysically, {checks, objectives}, ports, options)

  test('recovers what the archive has without asking the live server for more, and holds both times against the objectives', async () => {
    // A live server that could archive nothing more is not even asked.
    ports.postgres.log.archives = false
    const {result} = await drill()
    expect(ports.engine.recoveries).toMatchObject([{at: 'latest', beside: null}])
    expect(result?.report).toMatchObject({
      id: nightly.label,
      from: 'pgBackRest 2.45, stanza shop',
      passed: true,
      met: true,
      recoveryPointSeconds: 300,
    })
    expect(ports.engine.proofs).toEqual([result?.proof])
    expect(ports.engine.disposed).toBe(1)
  })

  test('an old archive misses the objective and is no failure', async () => {
    ports.engine.lastTransactionAt = null
    expect((await drill()).result?.report).toMatchObject({passed: true, met: false, recoveryPointSeconds: 7 * 3600 + 58 * 60})
  })

  test('an answer other than expected fails it', async () => {
    ports.engine.recovered.answers = new Map([['SELECT 1', [{one: 2}]]])
    const {result} = await drill({queries, program: null})
    expect(result?.report).toMatchObject({passed: false, failures: ['shop opens: expected 1, found 2'], recoveryTimeSeconds: null})
  })

  test('a damaged backup is a proof that failed, and the report says so', async () => {
    ports.engine.failing.recover = new OperatorError('corrupt', 'Damaged.')
    const {result} = await drill()
    expect(result).toMatchObject({proof: {passed: false}, report: {passed: false, failures: [expect.stringContaining('Damaged.')]}})
  })

  test('a gap in the archive is in the report, though no backup is to blame', async () => {
    ports.engine.segments = ports.engine.segments.filter(({name}) => name !== segmentName(3))
    expect(await failure(drill())).toMatchObject({exitCode: 9})
    expect(await (await ports.drills()).newest()).toMatchObject({passed: false, failures: [expect.stringContaining(segmentName(3))]})
    expect(ports.engine.proofs).toEqual([])
  })
})

describe('cleanup', () => {
  const proof = {passed: true} as NonNullable<typeof nightly.proof>
  const days = [19, 20, 21, 22].map((day) => ({...physicalBackup(`2026-11-${day}T02:00:00Z`), proof}))
  const [oldest] = days
  const cleanUp = (floor = 2) => perform(expirePhysically, {floor}, ports, options)

  beforeEach(() => {
    ports.engine.backups = days
    ports.engine.due = {...ports.engine.due, labels: [oldest!.label]}
  })

  test('pgBackRest removes what its own setting does not keep, named before, after consent', async () => {
    const {plan, result} = await cleanUp()
    expect(plan.summary).toContain(`remove ${oldest!.label}: repo1-retention-full does not keep it`)
    expect(ports.confirmation.asked).toHaveLength(1)
    expect(result).toEqual({removed: [oldest!.label], left: []})
  })

  test('without consent nothing goes', async () => {
    ports.confirmation.agrees = false
    expect(await failure(cleanUp())).toMatchObject({exitCode: 4})
    expect(ports.engine.backups).toHaveLength(4)
  })

  test.each([
    [
      'too few proven ones would stay',
      () => (ports.engine.backups = days.map((each, index) => (index > 1 ? {...each, proof: null} : each))),
      'would leave 1 proven',
    ],
    [
      'the newest failed its proof',
      () => (ports.engine.backups = [...days.slice(0, 3), {...days[3]!, proof: {...proof, passed: false}}]),
      'of no use',
    ],
    ['the newest is damaged', () => (ports.engine.backups = [...days.slice(0, 3), {...days[3]!, damaged: true}]), 'of no use'],
    [
      'the setting is missing',
      () => (ports.engine.due = {...ports.engine.due, labels: [], isSet: false}),
      'repo1-retention-full is not set',
    ],
  ])('nothing goes where %s, and it says what to do', async (_why, arrange, words) => {
    arrange()
    const {plan, result} = await cleanUp()
    expect(plan.hold).toContain(words)
    expect(result).toEqual({removed: [], left: []})
    expect(ports.events).not.toContain('expire')
    expect(ports.confirmation.asked).toEqual([])
  })

  test('what pgBackRest would remove beyond what was agreed to is not removed', async () => {
    const expiry = ports.engine.expiry.bind(ports.engine)
    let asked = 0
    ports.engine.expiry = async () => ({...(await expiry()), labels: days.slice(0, ++asked).map(({label}) => label)})
    expect(await failure(cleanUp())).toMatchObject({exitCode: 4, message: expect.stringContaining(days[1]!.label)})
    expect(ports.events).not.toContain('expire')
  })
})

describe('pruning kept data folders', () => {
  const prune = (keep: number) => perform(prunePhysically, {keep}, ports, options)

  beforeEach(() => {
    const siblings = ['main_before_20261119T000000Z', 'main_before_20261121T000000Z', 'main_before_notes', 'other_before_20261101T000000Z']
    ports.engine.state = {...ports.engine.state, siblings}
  })

  test('the oldest go, under a name that no undo brings back, and what is not of a restore is never looked at', async () => {
    const {result} = await prune(1)
    expect(acted()).toEqual(['/data/main_before_20261119T000000Z -> /data/main_recovering_000002', 'discard /data/main_recovering_000002'])
    expect(result).toMatchObject({removed: [{folder: '/data/main_before_20261119T000000Z'}], kept: ['/data/main_before_20261121T000000Z']})
    expect(ports.confirmation.asked).toMatchObject([{typed: 'main'}])
  })

  test('a folder that a server runs on is refused', async () => {
    ports.engine.inUse.add('/data/main_before_20261119T000000Z')
    expect(await failure(prune(0))).toMatchObject({exitCode: 4, message: expect.stringContaining('A server runs on')})
    expect(acted()).toEqual([])
  })

  test('with nothing to remove it says how many stay', async () => {
    expect(await failure(prune(2))).toMatchObject({exitCode: 9})
  })
})
