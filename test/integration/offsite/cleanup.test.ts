import {startFauxqs} from 'fauxqs'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {noRules} from '../../../src/lib/domain/retention-policy.ts'
import type {RetentionPolicy} from '../../../src/lib/domain/retention.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {cleanup} from '../../../src/lib/procedures/cleanup.ts'
import {markBackup} from '../../../src/lib/procedures/mark-backup.ts'
import {sync} from '../../../src/lib/procedures/sync.ts'
import type {S3Store} from '../../../src/lib/adapters/s3/store.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {setOf, storeSets} from '../../support/retention/sets.ts'
import {storeAt} from '../../support/s3/stores.ts'

const policy = (last: number): RetentionPolicy => ({
  rules: {...noRules, last},
  floor: 2,
  failedProofs: {years: 0, months: 0, days: 7, hours: 0},
  timeZone: 'UTC',
})
const options = {dryRun: false, lockWaitMilliseconds: 0}

let server: Awaited<ReturnType<typeof startFauxqs>>
let store: S3Store
let ports: FakePorts

beforeEach(async () => {
  server = await startFauxqs({port: 0, logger: false, init: {buckets: ['copies']}})
  store = storeAt({endpoint: server.address})
  ports = new FakePorts()
  ports.targets = [{name: 'vault', maxAgeMilliseconds: 1, store}]
  const sets = Array.from({length: 8}, (_, daysAgo) => setOf({daysAgo}))
  await storeSets(ports.sets, sets)
  await perform(sync, {retention: null}, ports, options)
})
afterEach(() => server.stop())

const agesIn = async () => (await store.list()).map(({manifest}) => Number(manifest.id.slice(-1))).toSorted()

test('cleaning up leaves in a bucket what its own rules keep, and nothing of what went', async () => {
  await perform(cleanup, {local: policy(3), offsite: policy(5)}, ports, options)
  expect(await agesIn()).toEqual([0, 1, 2, 3, 4])
  expect(await ports.sets.list()).toHaveLength(3)
  expect(await store.broken()).toEqual([])
  expect(await store.copies()).toHaveLength(5)
})

test('cleaning up touches nothing in the bucket that is not a backup of this very project and environment', async () => {
  const others = [
    {project: 'shop_prod'},
    {project: 'sho'},
    {environment: 'production2'},
    {prefix: 'ops'},
    {prefix: 'shop/production', project: 'old'},
  ].map((traits) => storeAt({endpoint: server.address, ...traits}))
  for (const other of others) await storeSets(other, [setOf({daysAgo: 300}), setOf({daysAgo: 400})])
  const files = [
    'notes.txt',
    'shop/notes.txt',
    'shop/production/notes.txt',
    'shop/production/20200101T000000Z-abcdef.tar',
    'shop/production/copies/1.sql',
  ]
  for (const name of files) await fetch(`${server.address}/copies/${name}`, {method: 'PUT', body: 'somebody else needs it'})
  await perform(cleanup, {local: policy(3), offsite: policy(2)}, ports, options)
  expect(await agesIn()).toEqual([0, 1])
  for (const other of others) expect(await other.list()).toHaveLength(2)
  for (const name of files) expect((await fetch(`${server.address}/copies/${name}`, {method: 'HEAD'})).status, name).toBe(200)
})

test('a mark that was made while the bucket was away reaches it by sync, and outlives the backup here', async () => {
  const list = store.list.bind(store)
  store.list = () => Promise.reject(new OperatorError('unreachable', 'The store does not answer.'))
  const marked = await perform(markBackup, {selector: '000007', mark: 'keep'}, ports, options)
  expect(marked.result).toMatchObject({places: ['local'], failures: [{place: 'vault'}]})
  store.list = list
  const synced = await perform(sync, {retention: null}, ports, options)
  expect(synced.result).toMatchObject([{copied: [], marks: [expect.stringMatching(/000007$/)]}])
  for (const set of await ports.sets.list()) await ports.sets.remove(set)
  await perform(cleanup, {local: policy(2), offsite: policy(2)}, ports, options)
  expect(await agesIn()).toEqual([0, 1, 7])
})
