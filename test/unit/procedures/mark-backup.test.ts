import {beforeEach, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {markBackup, type MarkInput} from '../../../src/lib/procedures/mark-backup.ts'
import {MemoryOffsite} from '../../support/fakes/offsite.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {setOf, storeSets} from '../../support/retention/sets.ts'

let ports: FakePorts

beforeEach(async () => {
  ports = new FakePorts()
  await storeSets(ports.sets, [setOf({daysAgo: 1}), setOf({daysAgo: 2})])
})

const say = (mark: MarkInput['mark'], selector: string) =>
  perform(markBackup, {mark, selector}, ports, {dryRun: false, lockWaitMilliseconds: 0})
const marksOf = async (store: Pick<typeof ports.sets, 'list'>, end: string) =>
  (await store.list()).find(({manifest}) => manifest.id.endsWith(end))!.marks

const stamp = {at: '2026-11-22T10:00:00.000Z', by: 'operator@server'}

test('a mark says who kept the backup and when, and stays with the first who did', async () => {
  await say('keep', '000002')
  ports.clock.advance(60_000)
  await say('keep', '000002')
  expect(await marksOf(ports.sets, '2')).toMatchObject({keep: stamp})
  expect(await marksOf(ports.sets, '1')).toBeUndefined()
})

test('a mark is taken away again, and what else was said stays', async () => {
  await storeSets(ports.sets, [setOf({daysAgo: 0, anomalies: [{subject: 'size', value: 1, median: 10}]})])
  await say('accept', 'latest')
  await say('keep', 'latest')
  await say('release', 'latest')
  const released = {...stamp, at: '2026-11-22T10:00:00.001Z'}
  expect(await marksOf(ports.sets, '0')).toEqual({format: 1, id: '20261122T100000Z-000000', accepted: stamp, released})
})

test('a mark that was taken away can be made again, and then holds everywhere', async () => {
  for (const mark of ['keep', 'release', 'keep'] as const) await say(mark, 'latest')
  expect(await marksOf(ports.sets, '1')).toEqual({format: 1, id: expect.any(String), keep: {...stamp, at: '2026-11-22T10:00:00.002Z'}})
})

test('a mark that was taken away while a target was down holds there no more once both are seen', async () => {
  const store = new MemoryOffsite()
  ports.targets.push({name: 'vault', maxAgeMilliseconds: 1, store})
  await storeSets(store.sets, [setOf({daysAgo: 2})])
  await say('keep', '000002')
  store.failing = {list: new OperatorError('unreachable', 'The store does not answer.')}
  ports.clock.advance(60_000)
  await say('release', '000002')
  store.failing = {}
  expect(await marksOf(store.sets, '2')).toMatchObject({keep: stamp})
  await expect(say('release', '000002')).rejects.toMatchObject({kind: 'notFound'})
})

test('a mark that is not there cannot be taken away', async () => {
  await expect(say('release', 'latest')).rejects.toMatchObject({kind: 'notFound'})
})

test('only what is suspiciously small can be accepted', async () => {
  await expect(say('accept', 'latest')).rejects.toMatchObject({kind: 'notFound', message: expect.stringContaining('nothing to accept')})
})

test('a selector must mean one backup', async () => {
  await expect(say('keep', '2026')).rejects.toMatchObject({kind: 'notFound', message: '2026 fits 2 backups.'})
  await expect(say('keep', 'nothing')).rejects.toMatchObject({kind: 'notFound'})
})

test('every copy is marked, also one that is no longer here', async () => {
  const store = new MemoryOffsite()
  ports.targets.push({name: 'vault', maxAgeMilliseconds: 1, store})
  await storeSets(store.sets, [setOf({daysAgo: 2}), setOf({daysAgo: 3})])
  expect((await say('keep', '000002')).result).toMatchObject({places: ['local', 'vault'], failures: []})
  expect((await say('keep', '000003')).result).toMatchObject({places: ['vault'], failures: []})
  expect(await marksOf(store.sets, '2')).toMatchObject({keep: stamp})
})

test('a copy that could not be marked is told of', async () => {
  const [denied, down] = [new MemoryOffsite(), new MemoryOffsite()]
  ports.targets.push({name: 'denied', maxAgeMilliseconds: 1, store: denied}, {name: 'down', maxAgeMilliseconds: 1, store: down})
  await storeSets(denied.sets, [setOf({daysAgo: 2})])
  denied.saveMarks = () => Promise.reject(new OperatorError('denied', 'The store refuses.'))
  down.failing = {list: new OperatorError('unreachable', 'The store does not answer.')}
  const {result} = await say('keep', '000002')
  expect(result!.places).toEqual(['local'])
  expect(result!.failures).toEqual([
    {place: 'down', message: 'could not be looked at, so a copy there is not marked'},
    {place: 'denied', message: 'The store refuses.'},
  ])
})

test('a mark that could be written nowhere is a failure', async () => {
  ports.sets.saveMarks = () => Promise.reject(new OperatorError('denied', 'Read-only.'))
  await expect(say('keep', 'latest')).rejects.toMatchObject({kind: 'failed', details: ['local: Read-only.']})
})

test('what was said is in the journal', async () => {
  await say('keep', '000002')
  expect(ports.log.written[0]).toMatchObject({
    command: 'backup mark',
    detail: {plan: ['keep backup 20261120T100000Z-000002 whatever the rules say']},
  })
})
