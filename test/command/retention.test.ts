import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../src/lib/errors.ts'
import {MemoryOffsite} from '../support/fakes/offsite.ts'
import type {FakePorts} from '../support/fakes/ports.ts'
import {setOf, storeSets} from '../support/retention/sets.ts'
import {openSession, type Session} from '../support/session.ts'

let session: Session
let ports: FakePorts

beforeEach(() => {
  session = openSession()
  ports = session.ports
})

const sparkone: Session['sparkone'] = (line, portsOf) => session.sparkone(line, portsOf)
const document: Session['document'] = (line) => session.document(line)

/** Older than the 90 days that production keeps where nothing else is configured. */
const old = [setOf({daysAgo: 100}), setOf({daysAgo: 101, proof: 'failed'})]
const fresh = [setOf({daysAgo: 0}), setOf({daysAgo: 1}), setOf({daysAgo: 89})]
const ids = async () => (await ports.sets.list()).map(({manifest}) => manifest.id)

describe('backup cleanup', () => {
  beforeEach(() => storeSets(ports.sets, [...fresh, ...old]))

  test('shows with --dry-run what would stay and what would go, and why', async () => {
    const {code, stdout} = await sparkone('backup cleanup --dry-run')
    expect(code).toBe(0)
    expect(stdout).toContain('local: memory: keep 3 backups, remove 2')
    expect(stdout).toMatch(/^keep +20261122T100000Z-000000 +0 ms +proven +within 90d of the newest;/m)
    expect(stdout).toMatch(/^remove +20260814T100000Z-000100 +100d +proven +no rule keeps it$/m)
    expect(stdout).toMatch(/^remove +20260813T100000Z-000101 +101d +failed +failed its proof/m)
    expect(stdout).toMatch(/Nothing was changed\.\n$/)
    expect(await ids()).toHaveLength(5)
  })

  test('removes what it showed, and nothing at the second time', async () => {
    const planned = await document('backup cleanup -n')
    const done = await document('backup cleanup')
    expect(done).toMatchObject({status: 'done', exitCode: 0, freedBytes: 8})
    expect(done.places).toEqual(planned.places)
    expect(await ids()).toEqual(fresh.map(({manifest}) => manifest.id))
    expect((await document('backup cleanup')).freedBytes).toBe(0)
  })

  test('gives programs the reasons for each backup', async () => {
    const {places} = await document('backup cleanup --dry-run')
    expect(places).toMatchObject([
      {
        name: 'local',
        failure: null,
        databases: [{database: 'shop', frozen: null, due: 2}],
        backups: [
          {id: '20261122T100000Z-000000', proven: true, action: 'keep', reasons: [{rule: 'within'}, {rule: 'floor'}], failure: null},
          {action: 'keep', reasons: [{rule: 'within'}, {rule: 'floor'}]},
          {action: 'keep', reasons: [{rule: 'within'}]},
          {action: 'remove', reasons: [{rule: 'none', message: 'no rule keeps it'}]},
          {proven: false, action: 'remove', reasons: [{rule: 'none'}]},
        ],
      },
    ])
  })

  test('ends with 1 and says why while nothing may go', async () => {
    await storeSets(ports.sets, [setOf({daysAgo: -0.001, proof: 'none'})])
    const {code, stdout} = await sparkone('backup cleanup')
    expect(code).toBe(1)
    expect(stdout).toMatch(/! database shop: nothing is removed: the newest backup, \S+, is not proven \(the rules would remove 2\)/)
    expect(await ids()).toHaveLength(6)
    expect((await sparkone('backup cleanup -o nagios')).stdout).toMatch(/^SPARKONE WARNING: backup-cleanup: nothing is removed/)
  })

  test('says the reason that holds in several places once, in the message that people are sent', async () => {
    const newest = [setOf({daysAgo: -0.001, proof: 'none'})]
    await storeSets(ports.sets, newest)
    for (const name of ['vault', 'attic']) {
      const store = new MemoryOffsite(name)
      await storeSets(store, [...newest, ...fresh, ...old])
      ports.targets.push({name, maxAgeMilliseconds: 1, store})
    }
    const [, line = ''] = (await sparkone('backup cleanup -o nagios')).stdout.split('\n')
    expect(line.match(/nothing is removed/g)).toHaveLength(1)
    expect(line).toContain('is not proven (database shop in local, vault, attic)')
  })

  test('counts what a store with versions only hides as hidden, and never as freed', async () => {
    const vault = Object.assign(new MemoryOffsite('vault'), {keepsVersions: true})
    await storeSets(vault, [...fresh, ...old])
    ports.targets.push({name: 'vault', maxAgeMilliseconds: 1, store: vault})
    const done = await document('backup cleanup')
    expect(done).toMatchObject({status: 'done', exitCode: 0, freedBytes: 8, hiddenBytes: 8})
    expect(done.places).toMatchObject([
      {name: 'local', backups: [{}, {}, {}, {hidden: false}, {hidden: false}]},
      {name: 'vault', backups: [{hidden: false}, {hidden: false}, {hidden: false}, {hidden: true}, {hidden: true}]},
    ])
    await storeSets(vault, old)
    const {stdout} = await sparkone('backup cleanup')
    expect(stdout).toContain('note: 2 backups (8 B) hidden, and kept by the store as older versions until a rule of the bucket ends them')
  })

  test('is refused without consent, and removes nothing', async () => {
    ports.confirmation.agrees = false
    expect(await document('backup cleanup')).toMatchObject({exitCode: 4, error: {kind: 'refused'}})
    expect(await ids()).toHaveLength(5)
  })

  test('ends with 5 while another run holds the lock', async () => {
    const locked = new OperatorError('locked', 'Another sparkone is at work: backup, process 42.')
    const {code, stderr} = await sparkone('backup cleanup --json', () =>
      Object.assign(ports, {locks: () => Promise.resolve({acquire: () => Promise.reject(locked)})}),
    )
    expect({code, stderr}).toEqual({code: 5, stderr: ''})
  })

  test('ends with 1 when some could not be removed, and with the code of the reason when none could', async () => {
    const remove = ports.sets.remove.bind(ports.sets)
    const denied = new OperatorError('denied', 'It is locked until 2027.')
    ports.sets.remove = () => Promise.reject(denied)
    const {code, stdout} = await sparkone('backup cleanup')
    expect(code).toBe(11)
    expect(stdout).toMatch(/remove +20260814T100000Z-000100 .*could not be removed: It/)
    expect(await document('backup cleanup')).toMatchObject({status: 'failed', exitCode: 11})
    ports.sets.remove = (set) => (set.manifest.id.endsWith('101') ? Promise.reject(denied) : remove(set))
    expect(await document('backup cleanup')).toMatchObject({status: 'done', exitCode: 1})
    expect(await ids()).toHaveLength(4)
  })

  test('tells what it cleaned up after a run that died', async () => {
    await ports.sets.create('20261121T020000Z-3f9a1c')
    expect((await sparkone('backup cleanup')).stdout).toMatch(/^Cleaned up: removed the unfinished backup 20261121T020000Z-3f9a1c\n/)
  })

  test('has nothing to do without backups', async () => {
    for (const set of await ports.sets.list()) await ports.sets.remove(set)
    expect(await sparkone('backup cleanup')).toMatchObject({code: 0, stdout: 'local: memory: keep 0 backups, remove 0\n'})
  })
})

describe('backup keep', () => {
  beforeEach(() => storeSets(ports.sets, [...fresh, ...old]))

  test('saves a backup from cleanup until the mark is taken away', async () => {
    expect((await sparkone('backup keep 000100')).stdout).toMatch(
      /kept whatever the rules say, since 2026-11-22T10:00:00\.000Z by operator@server/,
    )
    await sparkone('backup cleanup')
    expect(await ids()).toContain('20260814T100000Z-000100')
    expect(await document('backup keep 000100 --remove')).toMatchObject({keep: null, places: ['local']})
    await sparkone('backup cleanup')
    expect(await ids()).not.toContain('20260814T100000Z-000100')
  })

  test('only plans with --dry-run', async () => {
    expect(await document('backup keep 000100 -n')).toMatchObject({status: 'planned'})
    expect((await ports.sets.list()).some(({marks}) => marks)).toBe(false)
  })

  test('of a backup that is not there ends with 9', async () => {
    expect(await document('backup keep 999999')).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
    expect(await document('backup keep 000100 --remove')).toMatchObject({exitCode: 9})
  })
})

describe('a backup that is much smaller than those before', () => {
  beforeEach(async () => {
    await storeSets(ports.sets, [...[1, 2, 3].map((daysAgo) => setOf({daysAgo, rows: {customers: 3, orders: 100}})), ...old])
  })

  test('is made, flagged, told of with 1, and holds up cleanup until somebody has accepted it', async () => {
    const {code, stdout} = await sparkone('backup')
    expect(code).toBe(1)
    expect(stdout).toContain('! table public.orders has 5 rows, and had 100')
    expect(stdout).toMatch(/sparkone backup accept (\S+)/)
    await sparkone('verify')
    expect((await sparkone('backup cleanup')).stdout).toMatch(/nothing is removed: \S+ is much smaller than those before it/)
    expect((await sparkone('backup accept latest')).stdout).toContain('accepted: table public.orders has 5 rows, and had 100')
    expect(await document('backup cleanup')).toMatchObject({status: 'done', exitCode: 0})
    expect(await ids()).not.toContain('20260814T100000Z-000100')
  })

  test('is not flagged again once it was accepted', async () => {
    await sparkone('backup')
    await sparkone('backup accept latest')
    await sparkone('verify')
    ports.clock.advance(86_400_000)
    expect(await document('backup')).toMatchObject({exitCode: 0, anomalies: []})
  })

  test('stands out in the list, with what was said of it', async () => {
    await sparkone('backup --tag release')
    expect((await sparkone('restore --list')).stdout).toMatch(/not proven, SUSPICIOUSLY\s+SMALL, release/)
    await sparkone('backup accept latest')
    await sparkone('backup keep latest')
    expect((await sparkone('restore --list')).stdout).toMatch(/not proven, kept, release/)
    const {backups} = await document('restore --list')
    expect((backups as object[])[0]).toMatchObject({tags: ['release'], anomalies: [{median: 100}], marks: {keep: {by: 'operator@server'}}})
  })

  test('tells programs what it lacks', async () => {
    expect(await document('backup')).toMatchObject({
      status: 'done',
      exitCode: 1,
      anomalies: [{subject: 'table public.orders', value: 5, median: 100}],
    })
    expect(await document('backup accept latest')).toMatchObject({anomalies: [{subject: 'table public.orders'}], places: ['local']})
  })

  test('cannot be accepted when it is none', async () => {
    expect(await document('backup accept 000001')).toMatchObject({
      exitCode: 9,
      error: {message: expect.stringContaining('nothing to accept')},
    })
  })
})

describe('backup --tag', () => {
  test('writes the words into the manifest, each once', async () => {
    expect(await document('backup --tag release --tag eu --tag release')).toMatchObject({tags: ['release', 'eu']})
    expect((await ports.sets.list())[0]!.manifest.tags).toEqual(['release', 'eu'])
  })

  test.each(['a,b', ''])('refuses "%s", which the configuration could not name', async (word) => {
    expect(await document(`backup --tag ${word}`)).toMatchObject({exitCode: 3, error: {kind: 'usage'}})
  })
})
