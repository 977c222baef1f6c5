import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {noRules} from '../../../src/lib/domain/retention-policy.ts'
import type {RetentionPolicy} from '../../../src/lib/domain/retention.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {cleanup, type CleanupInput} from '../../../src/lib/procedures/cleanup.ts'
import {MemoryOffsite} from '../../support/fakes/offsite.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {setOf, storeSets} from '../../support/retention/sets.ts'

const keeping = (daily: number): RetentionPolicy => ({
  rules: {...noRules, daily},
  floor: 1,
  failedProofs: {years: 0, months: 0, days: 7, hours: 0},
  timeZone: 'UTC',
})

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

function run(input: Partial<CleanupInput> = {}, dryRun = false) {
  return perform(cleanup, {local: keeping(2), offsite: keeping(2), ...input}, ports, {dryRun, lockWaitMilliseconds: 0})
}

async function offsite(name: string): Promise<MemoryOffsite> {
  const store = new MemoryOffsite(name)
  ports.targets.push({name, maxAgeMilliseconds: 1, store})
  return store
}

/** Days of age of the sets in a store, as their ids have them. */
const daysIn = async (store: {list(): Promise<{manifest: {id: string}}[]>}) =>
  (await store.list()).map(({manifest}) => Number(manifest.id.slice(-6))).toSorted((one, other) => one - other)

const days = (...ages: number[]) => ages.map((daysAgo) => setOf({daysAgo}))

test('what no rule keeps is removed, and what is planned is what is done', async () => {
  await storeSets(ports.sets, days(0, 1, 2, 3))
  const {plan} = await run({}, true)
  expect(await daysIn(ports.sets)).toEqual([0, 1, 2, 3])
  const {plan: same, result} = await run()
  expect(same).toEqual(plan)
  expect(await daysIn(ports.sets)).toEqual([0, 1])
  expect(result!.removed.map(({set}) => set.manifest.id.slice(-1))).toEqual(['3', '2'])
  expect((await run()).result!.removed).toEqual([])
})

test('the operator is asked only when something would go', async () => {
  await storeSets(ports.sets, days(0, 1, 2))
  await run()
  expect(ports.confirmation.asked).toMatchObject([{question: 'Remove 1 backup for good?'}])
  await run()
  expect(ports.confirmation.asked).toHaveLength(1)
})

test('without consent nothing goes', async () => {
  await storeSets(ports.sets, days(0, 1, 2))
  ports.confirmation.agrees = false
  await expect(run()).rejects.toMatchObject({kind: 'refused'})
  expect(await daysIn(ports.sets)).toEqual([0, 1, 2])
})

test('it works while the database and Docker are down', async () => {
  await storeSets(ports.sets, days(0, 1, 2))
  ports.unreachable = new OperatorError('unreachable', 'Docker does not answer.')
  await run()
  expect(await daysIn(ports.sets)).toEqual([0, 1])
})

describe('after a run of backup that failed', () => {
  const failing = async (kind: 'dump' | 'facts') => {
    ports.postgres.failing = {[kind]: new OperatorError('failed', 'pg_dump failed.')}
    await perform(backup, {allowEmpty: false}, ports, {dryRun: false, lockWaitMilliseconds: 0}).catch(() => undefined)
    ports.postgres.failing = {}
  }

  test('nothing goes, until one went well', async () => {
    await storeSets(ports.sets, days(1, 2, 3))
    await failing('dump')
    const {plan} = await run()
    expect(plan.summary).toContain('database shop: nothing is removed: the last run of backup failed')
    expect(await daysIn(ports.sets)).toEqual([1, 2, 3])
    await storeSets(ports.sets, [setOf({daysAgo: -0.001})])
    await run()
    expect(await daysIn(ports.sets)).toHaveLength(2)
  })

  test('nor after one that was killed', async () => {
    await storeSets(ports.sets, days(1, 2, 3))
    ports.log.written.push({...entry('backup', 'intent'), run: 'aaaaaa'})
    await run()
    expect(await daysIn(ports.sets)).toEqual([1, 2, 3])
  })

  test('a restore that failed, or a backup that failed long ago, is no reason', async () => {
    await storeSets(ports.sets, days(1, 2, 3))
    ports.log.written.push(
      {...entry('backup', 'intent', '2026-11-01T00:00:00Z'), run: 'aaaaaa'},
      {...entry('backup', 'outcome', '2026-11-01T00:00:00Z'), run: 'aaaaaa', detail: {outcome: 'failed'}},
      {...entry('restore', 'intent'), run: 'bbbbbb'},
    )
    await run()
    expect(await daysIn(ports.sets)).toEqual([1, 2])
  })
})

function entry(command: string, phase: 'intent' | 'outcome', at = '2026-11-22T09:00:00Z') {
  return {at, run: '', command, phase, project: 'shop', environment: 'production', actor: 'operator@server', detail: {}}
}

describe('off-site', () => {
  test('each place is judged by its own sets, by rules of its own', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, days(0, 1, 2, 3))
    await storeSets(vault.sets, days(1, 2, 3, 4, 5))
    await run({offsite: keeping(3)})
    expect(await daysIn(ports.sets)).toEqual([0, 1])
    expect(await daysIn(vault.sets)).toEqual([1, 2, 3])
  })

  test('is left alone where the configuration says so', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, days(0, 1, 2))
    await storeSets(vault.sets, days(0, 1, 2))
    const {plan} = await run({offsite: null})
    expect(plan.places.map(({name}) => name)).toEqual(['local'])
    expect(await daysIn(vault.sets)).toEqual([0, 1, 2])
  })

  test('a target that is down is told, and does not keep the others', async () => {
    const [down, up] = [await offsite('down'), await offsite('up')]
    down.failing = {list: new OperatorError('unreachable', 'The store does not answer.')}
    await storeSets(ports.sets, days(0, 1, 2))
    await storeSets(up.sets, days(0, 1, 2))
    const {plan} = await run()
    expect(plan.summary).toContain('leave s3://down alone: The store does not answer.')
    expect(await daysIn(up.sets)).toEqual([0, 1])
    expect(await daysIn(ports.sets)).toEqual([0, 1])
  })

  test('a copy without a proof of its own counts as proven when the backup here is', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, days(0, 1, 2))
    await storeSets(
      vault.sets,
      days(0, 1, 2).map((set) => ({...set, proof: null})),
    )
    await run()
    expect(await daysIn(vault.sets)).toEqual([0, 1])
  })

  test('a copy that failed its own proof is not good because the one here is', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, days(0, 1, 2))
    await storeSets(vault.sets, [setOf({daysAgo: 0, proof: 'failed'}), ...days(1, 2)])
    await run()
    expect(await daysIn(vault.sets)).toEqual([0, 1, 2])
  })

  test('a backup here is not called failed because a copy of it was damaged', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, [setOf({daysAgo: 0}), setOf({daysAgo: 1}), setOf({daysAgo: 20, proof: 'none'})])
    await storeSets(vault.sets, [setOf({daysAgo: 20, proof: 'failed'})])
    const {plan} = await run({local: {...keeping(30), floor: 1}}, true)
    const old = plan.places[0]!.sets.find(({set}) => set.manifest.id.endsWith('20'))!
    expect(old).toMatchObject({keep: true, set: {proof: null}})
  })

  test('a backup that is marked in one place is kept in all', async () => {
    const vault = await offsite('vault')
    await storeSets(ports.sets, days(0, 1, 2))
    await storeSets(vault.sets, days(0, 1, 2))
    const marked = (await vault.sets.list()).find(({manifest}) => manifest.id.endsWith('2'))!
    await vault.sets.saveMarks(marked, {format: 1, id: marked.manifest.id, keep: {at: '2026-11-22T00:00:00Z', by: 'a'}})
    await run()
    expect(await daysIn(ports.sets)).toEqual([0, 1, 2])
    expect(await daysIn(vault.sets)).toEqual([0, 1, 2])
  })
})

describe('a set that cannot be removed', () => {
  test('is named with the reason, and the others go', async () => {
    await storeSets(ports.sets, days(0, 1, 2, 3, 4))
    const remove = ports.sets.remove.bind(ports.sets)
    ports.sets.remove = (set) =>
      set.manifest.id.endsWith('3') ? Promise.reject(new OperatorError('denied', 'It is locked until 2027.')) : remove(set)
    const {result} = await run()
    expect(result!.failures).toMatchObject([{place: 'local', error: {message: 'It is locked until 2027.'}}])
    expect(await daysIn(ports.sets)).toEqual([0, 1, 3])
  })

  test('because of a bug ends the run as a bug', async () => {
    await storeSets(ports.sets, days(0, 1, 2))
    ports.sets.remove = () => Promise.reject(new TypeError('undefined is not a function'))
    await expect(run()).rejects.toThrow(TypeError)
  })
})

test('an interruption ends it between two sets', async () => {
  await storeSets(ports.sets, days(0, 1, 2, 3))
  const remove = ports.sets.remove.bind(ports.sets)
  ports.sets.remove = async (set) => {
    const removal = await remove(set)
    ports.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    return removal
  }
  await expect(run()).rejects.toMatchObject({kind: 'interrupted'})
  expect(await daysIn(ports.sets)).toEqual([0, 1, 2])
})

test('the journal knows what was to go, and why', async () => {
  await storeSets(ports.sets, days(0, 1, 2))
  await run()
  const [intent] = ports.log.written
  expect(intent).toMatchObject({command: 'backup cleanup', phase: 'intent'})
  expect(intent!.detail.plan).toEqual([
    'keep 2 backups in memory, remove 1',
    'remove 20261120T100000Z-000002 of database shop: no rule keeps it',
  ])
})
