import {createHash} from 'node:crypto'
import {afterEach, beforeEach, expect, test} from 'vitest'
import type {Bytes} from '../../../src/lib/ports.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {copySet, inPieces, mebibyte, noise, storeAt} from '../../support/s3/stores.ts'

const dump = noise(31 * mebibyte)
let server: ScriptedStore

beforeEach(async () => {
  server = await ScriptedStore.start()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

test('each part and each small object is sent with its checksums, without which Object Lock takes nothing', async () => {
  server.memory.keepsChecksums = false
  await copySet(storeAt({endpoint: server.endpoint}), dump)
  const sent = server.requests.filter(({operation}) => operation === 'part' || operation === 'put')
  expect(sent.filter(({operation}) => operation === 'part')).toHaveLength(7)
  for (const {headers} of sent) {
    expect(headers['x-amz-checksum-sha256']).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(headers['content-md5']).toMatch(/^[A-Za-z0-9+/]{22}==$/)
  }
  const firstPart = dump.subarray(0, 5 * mebibyte)
  const first = sent.find(({part}) => part === 1)!
  expect(first.headers['x-amz-checksum-sha256']).toBe(createHash('sha256').update(firstPart).digest('base64'))
  expect(first.headers['content-md5']).toBe(createHash('md5').update(firstPart).digest('base64'))
})

test('a store that answers with the SHA-256 of what it received is spared the MD5 of further parts', async () => {
  await copySet(storeAt({endpoint: server.endpoint, concurrency: 2}), dump)
  const parts = server.requests.filter(({operation}) => operation === 'part')
  expect(parts.every(({headers}) => headers['x-amz-checksum-sha256'] !== undefined)).toBe(true)
  expect(parts.filter(({headers}) => headers['content-md5'] !== undefined).map(({part}) => part)).toEqual([1, 2])
})

test('a part that a store suddenly says nothing of but its MD5 is compared by that', async () => {
  const sendPart = server.memory.sendPart.bind(server.memory)
  let damaged = 0
  server.memory.sendPart = (id, number, bytes) => {
    if (number < 5 || (damaged += 1) > 1) return sendPart(id, number, bytes)
    return {...sendPart(id, number, Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]))!, sha256: null}
  }
  await copySet(storeAt({endpoint: server.endpoint}), dump)
  expect(server.requests.filter(({part}) => part === 5).length + server.requests.filter(({part}) => part === 6).length).toBe(3)
  expect([...server.memory.objects.values()].some(({bytes}) => bytes.equals(dump))).toBe(true)
})

test('as many parts are under way at once as are set, and never more, since each is held in memory', async () => {
  const sendPart = server.memory.sendPart.bind(server.memory)
  const underWay: number[] = []
  server.memory.sendPart = (...part) => {
    underWay.push(server.busy)
    return sendPart(...part)
  }
  // A part is answered once others had the time to arrive.
  server.fail('part', {kind: 'wait', milliseconds: 80}, {times: Infinity})
  await copySet(storeAt({endpoint: server.endpoint, concurrency: 4}), dump)
  expect(Math.max(...underWay)).toBe(4)
})

test('parts leave while the dump is still being written', async () => {
  const store = storeAt({endpoint: server.endpoint})
  let leftBefore = 0
  async function* slowly(): Bytes {
    yield* inPieces(dump.subarray(0, 12 * mebibyte))
    await expect.poll(() => server.count('part'), {timeout: 5000}).toBeGreaterThanOrEqual(2)
    leftBefore = server.count('part')
    yield* inPieces(dump.subarray(12 * mebibyte))
  }
  const writer = await store.copy('20261122T020000Z-3f9a1c', dump.length)
  const member = await writer.write('database.dump', slowly())
  expect(leftBefore).toBeGreaterThanOrEqual(2)
  expect(member.bytes).toBe(dump.length)
  await writer.discard()
})

test.each([
  ['in parts', 6 * mebibyte],
  ['in one piece', 1000],
])(
  'what a dead run had stored %s is gone on with where it is the same, and never taken for other bytes of the same size',
  async (_name, bytes) => {
    const store = storeAt({endpoint: server.endpoint})
    server.fail('put', {kind: 'error', status: 500, code: 'InternalError'}, {key: 'manifest.json', times: 99})
    await expect(copySet(store, noise(bytes))).rejects.toMatchObject({message: expect.stringContaining('manifest.json')})
    server.heal()
    const other = copySet(store, noise(bytes, 2))
    await expect(other).rejects.toMatchObject({kind: 'corrupt', message: expect.stringContaining('something else than the local backup')})
    expect(await store.list()).toEqual([])
    const sent = server.count('part') + server.count('put', 'database.dump')
    await copySet(store, noise(bytes))
    expect(server.count('part') + server.count('put', 'database.dump')).toBe(sent)
    expect(await store.list()).toHaveLength(1)
  },
)
