import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {sealed} from '../../../src/lib/adapters/directory/sealed.ts'
import {ObjectMemory} from '../../../src/lib/adapters/s3/memory.ts'
import {backupId, type Manifest} from '../../../src/lib/domain/backup-set.ts'
import {backupSet} from '../../support/backup-sets.ts'
import {collect} from '../../support/fakes/store.ts'
import {folderWith} from '../../support/folder.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {storeAt, type StoreTraits} from '../../support/s3/stores.ts'

const catalogue = 'shop/production/catalogue-1.jsonl.zst'
const sets = 30
let server: ScriptedStore

beforeEach(async () => {
  server = await ScriptedStore.start()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

/** Puts backups with proofs into the bucket, as another machine would have; returns their ids. */
function stock(from: number, to: number): string[] {
  return Array.from({length: to - from}, (_, index) => {
    const startedAt = new Date(Date.UTC(2026, 9, 1, from + index))
    const {manifest, proof} = backupSet({startedAt})
    const id = backupId(startedAt, '3f9a1c')
    const members: Manifest['members'] = [{name: 'database.dump', bytes: 1, sha256: 'a'.repeat(64)}]
    put(`${id}/manifest.json`, sealed({...manifest, id, members}))
    put(`${id}/proof.json`, sealed({...proof!, id}))
    put(`${id}/database.dump`, 'x')
    return id
  })
}

const put = (name: string, text: string) => server.memory.put(`shop/production/${name}`, Buffer.from(text), {})
/** A machine that has never looked into the bucket. */
const stranger = (traits: Omit<StoreTraits, 'endpoint'> = {}) =>
  storeAt({endpoint: server.endpoint, memory: new ObjectMemory(join(folderWith({}), 'memory.jsonl')), ...traits})
const fetched = () => server.requests.filter(({operation, key}) => operation === 'get' && key !== catalogue).map(({key}) => key)

/** A bucket with a catalogue of everything in it. */
async function catalogued(): Promise<string[]> {
  const ids = stock(0, sets)
  const store = stranger()
  await store.list()
  expect(await store.updateCatalogue()).toBe(true)
  server.requests.length = 0
  return ids
}

test('a machine that sees a bucket for the first time lists it from the catalogue, without fetching a manifest', async () => {
  const ids = await catalogued()
  const listed = await stranger().list()
  expect(listed.map(({manifest}) => manifest.id)).toEqual(ids)
  expect(listed.every(({proof}) => proof?.passed === true)).toBe(true)
  expect(fetched()).toEqual([])
})

test('what was added or changed since the catalogue was written is fetched, and nothing else', async () => {
  const [first = ''] = await catalogued()
  const [added = ''] = stock(sets, sets + 1)
  put(`${first}/marks.json`, sealed({format: 1, id: first, keep: {at: '2026-11-22T08:00:00.000Z', by: 'ops@shop'}}))
  const listed = await stranger().list()
  expect(listed).toHaveLength(sets + 1)
  expect(listed.find(({manifest}) => manifest.id === first)?.marks?.keep?.by).toBe('ops@shop')
  expect(fetched().toSorted()).toEqual(
    [`${first}/marks.json`, `${added}/manifest.json`, `${added}/proof.json`].map((name) => `shop/production/${name}`).toSorted(),
  )
})

test('a manifest that has another ETag than the catalogue says is not believed from there', async () => {
  const [first = ''] = await catalogued()
  put(`${first}/manifest.json`, '{}\n')
  const store = stranger()
  expect((await store.list()).map(({manifest}) => manifest.id)).not.toContain(first)
  expect(await store.broken()).toMatchObject([{reason: 'its manifest is damaged'}])
})

test('a set whose dump is gone is broken, whatever the catalogue says', async () => {
  const [first = ''] = await catalogued()
  server.memory.objects.delete(`shop/production/${first}/database.dump`)
  const store = stranger()
  expect(await store.list()).toHaveLength(sets - 1)
  expect(await store.broken()).toMatchObject([{reason: 'its database.dump is missing'}])
})

test('reading a backup reads its manifest, and a catalogue that says otherwise is found out', async () => {
  const [first = ''] = await catalogued()
  const store = stranger()
  const set = (await store.list()).find(({manifest}) => manifest.id === first)!
  const forged = {...set, manifest: {...set.manifest, members: set.manifest.members.map((member) => ({...member, sha256: 'b'.repeat(64)}))}}
  await expect(collect(store.read(forged, 'database.dump'))).rejects.toMatchObject({
    kind: 'corrupt',
    message: expect.stringContaining('not the one that was listed'),
  })
})

test.each([
  ['is damaged', () => Buffer.from('no zstd at all')],
  ['was cut short', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
])('a catalogue that %s costs time and nothing else, and the next run puts it right', async (_name, harm) => {
  const ids = await catalogued()
  server.memory.put(catalogue, harm(server.memory.objects.get(catalogue)!.bytes), {})
  const store = stranger()
  expect((await store.list()).map(({manifest}) => manifest.id)).toEqual(ids)
  expect(await store.updateCatalogue()).toBe(true)
  server.requests.length = 0
  expect(await stranger().list()).toHaveLength(sets)
  expect(fetched()).toEqual([])
})

test('a store that gives no catalogue away still lists', async () => {
  await catalogued()
  server.fail('get', {kind: 'error', status: 403, code: 'AccessDenied'}, {key: catalogue, times: 9})
  expect(await stranger().list()).toHaveLength(sets)
})

test('the catalogue is left as it is while it lacks little, so that a locked bucket does not fill with old ones', async () => {
  await catalogued()
  stock(sets, sets + 10)
  const store = stranger()
  await store.list()
  expect(await store.updateCatalogue()).toBe(false)
  stock(sets + 10, sets + 25)
  await store.list()
  expect(await store.updateCatalogue()).toBe(true)
  expect(server.count('put', catalogue)).toBe(1)
})

test.each([
  ['STANDARD_IA', 'STANDARD_IA'],
  ['DEEP_ARCHIVE', undefined],
])('the catalogue is encrypted and locked as the backups are, and where these are in class %s it is in %s', async (storageClass, asked) => {
  stock(0, sets)
  const store = stranger({
    storageClass,
    encryption: {algorithm: 'aws:kms', keyId: 'key/shop'},
    objectLock: {mode: 'compliance', days: 30},
  })
  await store.list()
  expect(await store.updateCatalogue()).toBe(true)
  const {headers} = server.requests.find(({operation, key}) => operation === 'put' && key === catalogue)!
  expect(headers['x-amz-storage-class']).toBe(asked)
  expect(headers['x-amz-server-side-encryption']).toBe('aws:kms')
  expect(headers['x-amz-server-side-encryption-aws-kms-key-id']).toBe('key/shop')
  expect(headers['x-amz-object-lock-mode']).toBe('COMPLIANCE')
  const days = (Date.parse(headers['x-amz-object-lock-retain-until-date']!) - Date.now()) / 86_400_000
  expect(days).toBeCloseTo(30, 2)
})

test('a bucket of a few backups gets none', async () => {
  stock(0, 10)
  const store = stranger()
  await store.list()
  expect(await store.updateCatalogue()).toBe(false)
})

test('keys that may only add write what they know, and never put less in the place of more', async () => {
  const ids = await catalogued()
  server.denied.add('get')
  const whole = server.memory.objects.get(catalogue)!.bytes
  const store = stranger()
  for (const id of ids.slice(0, 25)) {
    const {manifest, proof} = backupSet({startedAt: new Date('2026-10-01T00:00:00Z')})
    await store.saveProof({manifest: {...manifest, id}, proof: null, location: ''}, {...proof!, id})
  }
  expect(await store.updateCatalogue()).toBe(false)
  expect(server.memory.objects.get(catalogue)!.bytes.equals(whole)).toBe(true)
})
