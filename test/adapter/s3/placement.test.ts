import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {backupSet} from '../../support/backup-sets.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {copySet, mebibyte, noise, storeAt, type StoreTraits} from '../../support/s3/stores.ts'

const large = noise(6 * mebibyte)
/** What a store says that encrypts with keys of its own: 32 digits, and no MD5 of what was sent. */
const foreignTag = {kind: 'headers', headers: {etag: `"${'7'.repeat(32)}"`}} as const
let server: ScriptedStore

beforeEach(async () => {
  server = await ScriptedStore.start()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

const storeWith = (traits: Omit<StoreTraits, 'endpoint'>) => storeAt({endpoint: server.endpoint, ...traits})
/** Headers of the requests of one kind whose names begin with `prefix`. */
const headersOf = (operation: 'put' | 'begin' | 'part', prefix: string) =>
  server.requests
    .filter((request) => request.operation === operation)
    .map(({headers}) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix))))

describe('encryption by the store', () => {
  const prefix = 'x-amz-server-side-encryption'

  test('with a key of KMS is asked for by algorithm and key, of every object and not of its parts', async () => {
    await copySet(storeWith({encryption: {algorithm: 'aws:kms', keyId: 'key/shop'}}), large)
    const asked = {[prefix]: 'aws:kms', [`${prefix}-aws-kms-key-id`]: 'key/shop'}
    expect(headersOf('begin', prefix)).toEqual([asked])
    expect(headersOf('put', prefix)).toEqual([asked, asked, asked])
    expect(new Set(headersOf('part', prefix).map((headers) => Object.keys(headers).length))).toEqual(new Set([0]))
  })

  test('with the default key of the bucket names no key', async () => {
    await copySet(storeWith({encryption: {algorithm: 'aws:kms', keyId: null}}), large)
    expect(headersOf('begin', prefix)).toEqual([{[prefix]: 'aws:kms'}])
  })

  test('with keys of the store itself says so, and without any says nothing', async () => {
    await copySet(storeWith({encryption: {algorithm: 'AES256', keyId: null}}), large)
    await copySet(storeWith({prefix: 'plain'}), large)
    expect(headersOf('begin', prefix)).toEqual([{[prefix]: 'AES256'}, {}])
  })

  test('with a key of KMS an ETag that is no MD5 is no damage; otherwise it is', async () => {
    server.memory.keepsChecksums = false
    for (const operation of ['put', 'head'] as const) server.fail(operation, foreignTag, {times: 99})
    const small = noise(1000)
    await expect(copySet(storeWith({encryption: {algorithm: 'aws:kms', keyId: null}}), small)).resolves.toMatchObject({proof: null})
    await expect(copySet(storeWith({prefix: 'plain'}), small)).rejects.toMatchObject({message: expect.stringContaining('another MD5')})
  })
})

describe('a storage class', () => {
  const prefix = 'x-amz-storage-class'

  test.each([
    ['a dump that is sent in parts', large],
    ['a dump that is smaller than a part', noise(1000)],
  ])('is asked for of every object of a set with %s, of its proof and its marks', async (_name, dump) => {
    const store = storeWith({storageClass: 'STANDARD_IA'})
    const set = await copySet(store, dump)
    await store.saveProof(set, backupSet({startedAt: new Date('2026-11-22T02:00:00Z')}).proof!)
    await store.saveMarks(set, {format: 1, id: set.manifest.id})
    const asked = [...headersOf('begin', prefix), ...headersOf('put', prefix)]
    expect(asked).toHaveLength(6)
    expect(new Set(asked.map((headers) => headers[prefix]))).toEqual(new Set(['STANDARD_IA']))
  })

  test.each(['GLACIER', 'DEEP_ARCHIVE'])(
    'of %s is for what is large: what a listing or a person reads first is never archived',
    async (slow) => {
      const set = await copySet(storeWith({storageClass: slow}), noise(1000))
      const classes = server.requests
        .filter(({operation}) => operation === 'put')
        .map(({key, headers}) => [key.split('/').at(-1), headers[prefix] ?? null])
      expect(Object.fromEntries(classes)).toEqual({
        'database.dump': slow,
        'globals.sql': slow,
        'RESTORE.md': null,
        'manifest.json': null,
      })
      expect(await storeWith({storageClass: slow}).list()).toMatchObject([{manifest: {id: set.manifest.id}}])
    },
  )

  test('that keeps a dump in an archive is named when it is read, with what to do', async () => {
    const store = storeWith({storageClass: 'GLACIER'})
    const set = await copySet(store, noise(1000))
    server.fail('get', {kind: 'error', status: 403, code: 'InvalidObjectState'}, {key: 'database.dump', times: 9})
    const reading = async () => {
      for await (const _chunk of store.read(set, 'database.dump')) continue
    }
    await expect(reading()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('cannot be read at once'),
      hint: expect.stringContaining('restore-object'),
    })
  })

  test('that nobody set is that of the bucket', async () => {
    await copySet(storeWith({}), large)
    expect(headersOf('begin', prefix)).toEqual([{}])
  })
})

test('a lock is asked for of every object, until as many days from now as are configured', async () => {
  const prefix = 'x-amz-object-lock'
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString()
  server.fail('head', {kind: 'headers', headers: {[`${prefix}-retain-until-date`]: until}}, {times: 99})
  await copySet(storeWith({objectLock: {mode: 'compliance', days: 30}}), large)
  const asked = [...headersOf('begin', prefix), ...headersOf('put', prefix)]
  expect(asked).toHaveLength(4)
  for (const headers of asked) {
    expect(headers[`${prefix}-mode`]).toBe('COMPLIANCE')
    expect(Math.abs(Date.parse(headers[`${prefix}-retain-until-date`]!) - Date.parse(until))).toBeLessThan(60_000)
  }
})

test('what a store with versions covers with a marker is hidden, and what others remove is gone', async () => {
  const store = storeWith({})
  expect(await store.remove(await copySet(store, noise(1000)))).toBe('removed')
  server.fail('delete', {kind: 'headers', headers: {'x-amz-delete-marker': 'true', 'x-amz-version-id': 'second'}}, {times: 99})
  expect(await store.remove(await copySet(store, noise(1000)))).toBe('hidden')
})
