import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {Member, MemberName} from '../../../src/lib/domain/backup-set.ts'
import {sync} from '../../../src/lib/procedures/sync.ts'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {perform} from '../../../src/lib/change.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {folderWith} from '../../support/folder.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {contents, inPieces, manifestWith, mebibyte, noise, storeAt} from '../../support/s3/stores.ts'

let server: ScriptedStore
const dump = noise(27 * mebibyte)
const id = '20261122T020000Z-3f9a1c'
const key = `shop/production/${id}/database.dump`

beforeEach(async () => {
  server = await ScriptedStore.start()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

/** A machine that has the set here, and one target. */
async function machine(): Promise<FakePorts> {
  const ports = new FakePorts()
  const draft = await ports.sets.create(id)
  const members: Member[] = [await draft.write('database.dump', inPieces(dump))]
  for (const [name, bytes] of Object.entries(contents)) members.push(await draft.write(name as MemberName, inPieces(bytes)))
  await draft.publish(manifestWith(members))
  ports.targets = [{name: 'vault', maxAgeMilliseconds: 1, store: storeAt({endpoint: server.endpoint})}]
  return ports
}

const synced = async (ports: FakePorts) => (await perform(sync, {retention: null}, ports, {dryRun: false, lockWaitMilliseconds: 0})).result!

/** Kills an upload once the store has taken `parts` parts and is `at` the next step, and waits until it is dead. */
async function killedUpload(moment: () => boolean): Promise<void> {
  const file = join(folderWith({}), 'database.dump')
  await writeFile(file, dump)
  const program = join(import.meta.dirname, '../../support/s3/upload-process.ts')
  const child = spawn(process.execPath, [program, server.endpoint, file, id], {stdio: 'ignore'})
  const ended = once(child, 'exit')
  await expect.poll(moment, {interval: 1}).toBe(true)
  child.kill('SIGKILL')
  await ended
  // What had reached the store by then is still worked on.
  await expect.poll(() => server.busy).toBe(0)
}

const takenParts = () => [...server.memory.uploads.values()].flatMap(({parts}) => [...parts.keys()])

const moments: readonly [name: string, moment: () => boolean][] = [
  ['before its first part was taken', () => server.memory.uploads.size === 1],
  ['after one part', () => takenParts().length >= 1],
  ['after three parts', () => takenParts().length >= 3],
  ['after five parts', () => takenParts().length >= 5],
  ['when the dump was whole, without a manifest', () => server.memory.objects.has(key)],
]

describe('an upload that was killed', () => {
  test.each(moments)('%s is finished by sync, and nothing that was taken is sent again', async (_name, moment) => {
    // Slow enough for the kill to fall between two parts.
    server.fail('part', {kind: 'wait', milliseconds: 40}, {times: 99}).fail('put', {kind: 'wait', milliseconds: 40}, {times: 2})
    await killedUpload(moment)
    const taken = takenParts()
    const expected = server.memory.objects.has(key) ? [] : [1, 2, 3, 4, 5, 6].filter((part) => !taken.includes(part))
    const before = server.requests.length
    const ports = await machine()
    const [result] = await synced(ports)
    expect(result).toMatchObject({target: 'vault', failures: [], copied: [{id}]})
    const sent = server.requests.slice(before).flatMap(({operation, part}) => (operation === 'part' ? [part!] : []))
    expect(sent.toSorted((a, b) => a - b)).toEqual(expected)
    expect(server.memory.objects.get(key)!.bytes.equals(dump)).toBe(true)
    expect((await ports.targets[0]!.store.list()).map(({manifest}) => manifest.id)).toEqual([id])
    expect(server.memory.uploads.size).toBe(0)
  })
})

test('what a killed run left without a manifest is removed once it is old, where nobody can finish it', async () => {
  server.fail('put', {kind: 'wait', milliseconds: 40}, {times: 2})
  await killedUpload(() => server.memory.objects.has(key))
  const ports = new FakePorts()
  ports.targets = [{name: 'vault', maxAgeMilliseconds: 1, store: storeAt({endpoint: server.endpoint})}]
  ports.clock.advance(Date.now() - ports.clock.now().getTime())
  expect(await synced(ports)).toMatchObject([{leftovers: [], failures: []}])
  expect(server.memory.objects.has(key)).toBe(true)
  ports.clock.advance(49 * 3_600_000)
  expect(await synced(ports)).toMatchObject([{leftovers: [id], failures: []}])
  expect([...server.memory.objects.keys()]).toEqual([])
})

test('what another run has finished since it was looked at is not removed', async () => {
  server.memory.put(key, dump, {})
  const store = storeAt({endpoint: server.endpoint})
  const [copy] = await store.copies()
  server.memory.put(key.replace('database.dump', 'manifest.json'), Buffer.from('{}'), {})
  expect(await store.removeLeftover(copy!)).toContain('has changed')
  server.memory.objects.delete(key.replace('database.dump', 'manifest.json'))
  server.memory.put(key, Buffer.from('another dump'), {})
  expect(await store.removeLeftover(copy!)).toContain('has changed')
  expect(server.memory.objects.has(key)).toBe(true)
})

test('what is locked is left, and said until when', async () => {
  server.memory.put(key, dump, {})
  const until = new Date(Date.now() + 86_400_000).toISOString()
  server.fail('head', {kind: 'headers', headers: {'x-amz-object-lock-retain-until-date': until}}, {times: 9})
  const store = storeAt({endpoint: server.endpoint})
  expect(await store.removeLeftover((await store.copies())[0]!)).toBe(`database.dump is locked until ${until}`)
  expect(server.memory.objects.has(key)).toBe(true)
})

test('parts that a dead run sent of other bytes are sent again', async () => {
  const upload = server.memory.begin(key, {})
  server.memory.sendPart(upload, 1, noise(5 * mebibyte, 99))
  server.memory.sendPart(upload, 2, dump.subarray(5 * mebibyte, 10 * mebibyte))
  const ports = await machine()
  await synced(ports)
  const sent = server.requests.flatMap(({operation, part}) => (operation === 'part' ? [part!] : []))
  expect(sent.toSorted((a, b) => a - b)).toEqual([1, 3, 4, 5, 6])
  expect(server.memory.objects.get(key)!.bytes.equals(dump)).toBe(true)
})

test('a second sync has nothing to send', async () => {
  const ports = await machine()
  await synced(ports)
  const before = server.requests.length
  expect(await synced(ports)).toMatchObject([{copied: [], failures: []}])
  expect(server.requests.slice(before).filter(({bytes}) => bytes > 0)).toEqual([])
})

test('of uploads that nobody ends, those of unknown sets are given up once they are old', async () => {
  const ports = await machine()
  const [fresh, old] = [
    server.memory.begin('shop/production/20261121T020000Z-aaaaaa/database.dump', {}),
    server.memory.begin('shop/production/20261101T020000Z-bbbbbb/database.dump', {}),
  ]
  server.memory.uploads.get(fresh)!.startedAt = new Date('2026-11-22T09:00:00Z')
  server.memory.uploads.get(old)!.startedAt = new Date('2026-11-01T02:00:00Z')
  const foreign = server.memory.begin('elsewhere/production/20261101T020000Z-bbbbbb/database.dump', {})
  const [result] = await synced(ports)
  expect(result!.abandoned).toEqual(['20261101T020000Z-bbbbbb/database.dump'])
  expect([...server.memory.uploads.keys()]).toEqual([fresh, foreign])
})

test('keys that may put and list only are enough', async () => {
  for (const operation of ['get', 'head', 'delete'] as const) server.denied.add(operation)
  const ports = await machine()
  expect(await synced(ports)).toMatchObject([{copied: [{id}], failures: []}])
  expect(await synced(ports)).toMatchObject([{copied: [], failures: []}])
  server.denied.clear()
  expect(await ports.targets[0]!.store.list()).toHaveLength(1)
})

test('a limit of bandwidth is kept within a tenth', async () => {
  const {Throttle} = await import('../../../src/lib/adapters/s3/throttle.ts')
  const rate = 3 * mebibyte
  const store = storeAt({endpoint: server.endpoint, clock: systemClock, throttle: new Throttle(rate, systemClock)})
  const body = dump.subarray(0, 6 * mebibyte)
  const writer = await store.copy(id, body.length)
  const begun = performance.now()
  await writer.write('database.dump', inPieces(body))
  const seconds = (performance.now() - begun) / 1000
  expect(body.length / seconds / rate).toBeGreaterThan(0.9)
  expect(body.length / seconds / rate).toBeLessThan(1.1)
})
