import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {S3Store} from '../../../src/lib/adapters/s3/store.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {collect} from '../../support/fakes/store.ts'
import {rejection} from '../../support/folder.ts'
import {ScriptedStore, type Fault} from '../../support/s3/scripted-store.ts'
import {copySet, mebibyte, noise, storeAt} from '../../support/s3/stores.ts'
import type {Operation} from '../../support/s3/answers.ts'

let server: ScriptedStore
let store: S3Store
const dump = noise(6 * mebibyte)
const id = '20261122T020000Z-3f9a1c'
const root = `shop/production/${id}`

beforeEach(async () => {
  server = await ScriptedStore.start()
  store = storeAt({endpoint: server.endpoint})
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

const failures: readonly [name: string, operation: Operation, fault: Fault, where?: {key?: string; times?: number}][] = [
  ['a success that holds an error when parts are put together', 'complete', {kind: 'errorInside', code: 'InternalError'}],
  ['a success without a word when parts are put together', 'complete', {kind: 'body', body: ''}],
  ['a success cut off in the middle when parts are put together', 'complete', {kind: 'body', body: '<CompleteMultipartUploadResult><ETa'}],
  ['a lost answer when parts are put together', 'complete', {kind: 'answerLost'}],
  ['a connection that breaks under a part', 'part', {kind: 'cutRequest'}],
  ['a connection that breaks after the last byte of a part', 'part', {kind: 'answerLost'}],
  [
    'a part that arrived with another ETag and no checksum',
    'part',
    {kind: 'headers', headers: {etag: '"00000000000000000000000000000000"', 'x-amz-checksum-sha256': ''}},
  ],
  ['a part that arrived with another checksum', 'part', {kind: 'headers', headers: {'x-amz-checksum-sha256': 'AAAA'}}],
  ['a store that is overrun, four times in a row', 'part', {kind: 'error', status: 503, code: 'SlowDown'}, {times: 4}],
  [
    'a store that is overrun and says when to come back',
    'put',
    {kind: 'error', status: 503, code: 'SlowDown', headers: {'retry-after': '7'}},
  ],
  ['an internal error when an upload begins', 'begin', {kind: 'error', status: 500, code: 'InternalError'}],
  ['a store that says nothing', 'part', {kind: 'hang'}],
  ['a small object whose answer is lost', 'put', {kind: 'answerLost'}, {key: 'globals.sql'}],
  ['a manifest whose answer is lost', 'put', {kind: 'answerLost'}, {key: 'manifest.json'}],
  ['a clock that the store corrects', 'begin', {kind: 'error', status: 403, code: 'RequestTimeTooSkewed'}],
]

describe('a copy comes through', () => {
  test.each(failures)('%s', async (_name, operation, fault, where) => {
    store = storeAt({endpoint: server.endpoint, timeoutMilliseconds: 300})
    server.fail(operation, fault, where)
    const set = await copySet(store, dump)
    expect(server.memory.objects.get(`${root}/database.dump`)?.bytes.equals(dump)).toBe(true)
    expect(dump.equals(await collect(store.read(set, 'database.dump')))).toBe(true)
    expect((await store.list()).map(({manifest}) => manifest.id)).toEqual([id])
    expect(server.memory.uploads.size).toBe(0)
  })

  test('a listing that lags behind, where nothing may be asked for by name', async () => {
    server.denied.add('head').add('get').add('delete')
    const late = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    server.fail('list', {kind: 'body', body: late}, {times: 4})
    await copySet(store, dump)
    const [copy] = await store.copies()
    expect(copy).toMatchObject({id, complete: true})
  })

  test('a store that keeps no checksums', async () => {
    server.memory.keepsChecksums = false
    server.fail('part', {kind: 'headers', headers: {etag: '"00000000000000000000000000000000"'}})
    const set = await copySet(store, dump)
    expect(dump.equals(await collect(store.read(set, 'database.dump')))).toBe(true)
    expect(server.count('part')).toBe(3)
  })
})

const ends: readonly [
  name: string,
  kind: string,
  words: RegExp,
  operation: Operation,
  fault: Fault,
  where?: {key?: string; times?: number},
][] = [
  ['the clock stays wrong', 'denied', /clock/, 'begin', {kind: 'error', status: 403, code: 'RequestTimeTooSkewed'}],
  ['the keys are wrong', 'denied', /SignatureDoesNotMatch|scripted/, 'begin', {kind: 'error', status: 403, code: 'SignatureDoesNotMatch'}],
  [
    'there is no such bucket',
    'notFound',
    /names a bucket that does not exist \(asked to begin an upload of \S+database\.dump\)\.$/,
    'begin',
    {kind: 'error', status: 404, code: 'NoSuchBucket'},
  ],
  ['the quota is used up', 'noSpace', /space/, 'part', {kind: 'error', status: 400, code: 'QuotaExceeded'}],
  ['the store is overrun for good', 'failed', /SlowDown/, 'part', {kind: 'error', status: 503, code: 'SlowDown'}],
  ['putting together always fails inside a success', 'failed', /InternalError/, 'complete', {kind: 'errorInside', code: 'InternalError'}],
  ['the store loses a part', 'failed', /InvalidPart/, 'complete', {kind: 'error', status: 400, code: 'InvalidPart'}],
  [
    'the manifest cannot be stored',
    'failed',
    /manifest/,
    'put',
    {kind: 'error', status: 500, code: 'InternalError'},
    {key: 'manifest.json'},
  ],
  ['the store does not answer', 'unreachable', /cannot be reached/, 'part', {kind: 'cutRequest'}],
]

describe('a copy is none', () => {
  test.each(ends)('when %s', async (_name, kind, words, operation, fault, where) => {
    server.fail(operation, fault, {times: Number.POSITIVE_INFINITY, ...where})
    const error = await rejection(copySet(store, dump), OperatorError)
    expect(error).toMatchObject({kind})
    expect(error.message).toMatch(words)
    expect(error.hint).toBeDefined()
    expect(await store.list()).toEqual([])
    expect(server.memory.objects.has(`${root}/manifest.json`)).toBe(false)
  })

  test('when the store has another size than was sent', async () => {
    server.fail('head', {kind: 'headers', headers: {'content-length': '17'}}, {key: 'database.dump', times: 9})
    await expect(copySet(store, dump)).rejects.toMatchObject({kind: 'corrupt', message: expect.stringContaining('17 bytes')})
    expect(server.memory.objects.has(`${root}/manifest.json`)).toBe(false)
  })

  test('when the store shows another checksum than was sent', async () => {
    server.fail('head', {kind: 'headers', headers: {'x-amz-checksum-sha256': 'AAAA-3'}}, {key: 'database.dump', times: 9})
    await expect(copySet(store, dump)).rejects.toMatchObject({kind: 'corrupt', message: expect.stringContaining('checksum')})
  })

  test('when the store never shows what it took', async () => {
    server.fail('head', {kind: 'error', status: 404, code: 'NoSuchKey'}, {key: 'database.dump', times: 99})
    await expect(copySet(store, dump)).rejects.toMatchObject({kind: 'corrupt', message: expect.stringContaining('does not show it')})
  })

  test('until its manifest is there: what is not whole is named with the reason', async () => {
    server.fail('put', {kind: 'error', status: 500, code: 'InternalError'}, {key: 'manifest.json', times: 99})
    await rejection(copySet(store, dump), OperatorError)
    expect(await store.broken()).toEqual([{location: `s3://copies/${root}`, reason: 'its manifest is missing'}])
    expect(await store.copies()).toMatchObject([{id, complete: false}])
  })
})

describe('reading a copy', () => {
  test('goes on where the connection broke', async () => {
    const set = await copySet(store, dump)
    server.fail('get', {kind: 'cutAnswer', bytes: 2 * mebibyte}, {key: 'database.dump', times: 2})
    expect(dump.equals(await collect(store.read(set, 'database.dump')))).toBe(true)
    const ranges = server.requests.filter(({operation, key}) => operation === 'get' && key.endsWith('database.dump'))
    expect(ranges.map(({headers}) => headers.range)).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/), expect.any(String)])
  })

  test('gives up on a store that breaks off at once, again and again', async () => {
    const set = await copySet(store, dump)
    server.fail('get', {kind: 'cutAnswer', bytes: 0}, {key: 'database.dump', times: 99})
    await expect(collect(store.read(set, 'database.dump'))).rejects.toMatchObject({kind: 'unreachable'})
  })

  test('finds a single byte that changed', async () => {
    const set = await copySet(store, dump)
    const object = server.memory.objects.get(`${root}/database.dump`)!
    object.bytes = Buffer.from(object.bytes)
    object.bytes[5_500_000]! ^= 1
    await expect(collect(store.read(set, 'database.dump'))).rejects.toMatchObject({kind: 'corrupt'})
  })

  test('takes no manifest that was changed', async () => {
    const set = await copySet(store, dump)
    const manifest = server.memory.objects.get(`${root}/manifest.json`)!
    manifest.bytes = Buffer.from(manifest.bytes.toString().replace('"shop"', '"shoq"'))
    const other = storeAt({endpoint: server.endpoint})
    expect(await other.list()).toEqual([])
    expect(await other.broken()).toMatchObject([{reason: 'its manifest is damaged'}])
    // Whoever wrote it remembers it as it was, and finds the damage when the backup is read.
    await expect(collect(store.read(set, 'database.dump'))).rejects.toMatchObject({kind: 'corrupt'})
  })

  test('takes no set whose dump is shorter than the manifest says', async () => {
    await copySet(store, dump)
    server.memory.objects.get(`${root}/globals.sql`)!.bytes = Buffer.from('CREATE')
    expect(await store.broken()).toMatchObject([{reason: 'its globals.sql has another size than the manifest says'}])
  })
})

test('a set is removed manifest first, so that half of it is never taken for a backup', async () => {
  const set = await copySet(store, dump)
  server.fail('delete', {kind: 'error', status: 500, code: 'InternalError'}, {key: 'RESTORE.md', times: 99})
  await rejection(store.remove(set), OperatorError)
  expect(server.requests.find(({operation}) => operation === 'delete')?.key).toBe(`${root}/manifest.json`)
  expect(await store.list()).toEqual([])
})

test('what is left of a set whose removal was cut short is named, and goes with the next set that is removed', async () => {
  const set = await copySet(store, dump)
  const next = await copySet(store, dump, new Date('2026-11-23T02:00:00Z'))
  server.fail('delete', {kind: 'error', status: 500, code: 'InternalError'}, {key: 'RESTORE.md', times: 99})
  await rejection(store.remove(set), OperatorError)
  server.heal()
  expect(await store.broken()).toMatchObject([{reason: 'its removal was cut short; the next cleanup ends it'}])
  await storeAt({endpoint: server.endpoint}).remove(next)
  expect([...server.memory.objects]).toEqual([])
})

test('keys that may not remove are told as such', async () => {
  const set = await copySet(store, dump)
  server.denied.add('delete')
  await expect(store.remove(set)).rejects.toMatchObject({kind: 'denied'})
  expect(await store.list()).toHaveLength(1)
})

test('a copy that is given up leaves nothing behind, and was never visible', async () => {
  const writer = await store.copy(id, dump.length)
  await writer.write(
    'database.dump',
    (async function* () {
      yield dump
    })(),
  )
  expect([...server.memory.objects]).toEqual([])
  expect(server.memory.uploads.size).toBe(1)
  await writer.discard()
  expect(server.memory.uploads.size).toBe(0)
  expect([...server.memory.objects]).toEqual([])
})

test('an interruption ends a copy at once, whatever the store does', async () => {
  const abort = new AbortController()
  store = storeAt({endpoint: server.endpoint, signal: abort.signal, timeoutMilliseconds: 60_000})
  server.fail('part', {kind: 'hang'}, {times: 99})
  const copying = rejection(copySet(store, dump), OperatorError)
  await expect.poll(() => server.memory.uploads.size).toBe(1)
  const begun = performance.now()
  abort.abort(new OperatorError('interrupted', 'Interrupted.'))
  expect(await copying).toMatchObject({kind: 'interrupted'})
  expect(performance.now() - begun).toBeLessThan(1000)
})
