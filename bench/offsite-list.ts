import {fork} from 'node:child_process'
import {once} from 'node:events'
import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {CreateBucketCommand, PutObjectCommand, S3Client} from '@aws-sdk/client-s3'
import {systemClock} from '../src/lib/adapters/clock.ts'
import {sealed} from '../src/lib/adapters/directory/sealed.ts'
import {ObjectMemory} from '../src/lib/adapters/s3/memory.ts'
import {inTurns} from '../src/lib/adapters/turns.ts'
import {backupId} from '../src/lib/domain/backup-set.ts'
import {backupSet} from '../test/support/backup-sets.ts'
import {ScriptedStore} from '../test/support/s3/scripted-store.ts'
import {storeAt, type StoreTraits} from '../test/support/s3/stores.ts'
import {inspectTestbed, startObjectStore} from '../test/support/testbed/index.ts'

/**
 * Lists many copies for the first time, when every manifest is fetched, again, and for the first time with a catalogue:
 * `node bench/offsite-list.ts [sets] [ceph]`. The store is a process of this bench, or the object gateway of Ceph, which takes long to fill.
 */
const sets = Number(process.argv[2] ?? 10_000)

if (process.send) {
  await serve()
} else {
  const folder = await mkdtemp(path.join(tmpdir(), 'offsite-list-'))
  try {
    await (process.argv[3] === 'ceph' ? measureCeph : measureScripted)(path.join(folder, 'memory.jsonl'))
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

async function measureScripted(memory: string): Promise<void> {
  const server = fork(import.meta.filename, [String(sets)])
  try {
    const [{endpoint}] = (await once(server, 'message')) as [{endpoint: string}]
    await measure({endpoint}, memory)
  } finally {
    server.kill()
  }
}

async function measureCeph(memory: string): Promise<void> {
  const {'ceph-mon': mon, 'ceph-osd': osd, radosgw} = (await inspectTestbed()).peers
  if (!mon || !osd || !radosgw) throw new Error('radosgw, ceph-mon or ceph-osd is missing')
  await using server = await startObjectStore({'ceph-mon': mon, 'ceph-osd': osd, radosgw})
  const {endpoint} = server
  const keys = await server.addUser('bench')
  const client = new S3Client({endpoint, region: 'us-east-1', forcePathStyle: true, credentials: keys})
  await client.send(new CreateBucketCommand({Bucket: 'copies'}))
  const begun = performance.now()
  await inTurns([...objects()], 24, ({key, text}) => client.send(new PutObjectCommand({Bucket: 'copies', Key: key, Body: text})))
  console.log(`filled in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  client.destroy()
  await measure({endpoint, keys, timeoutMilliseconds: 60_000}, memory)
}

async function measure(traits: StoreTraits, memory: string): Promise<void> {
  // A new process has nothing in memory but what the file holds.
  const open = (file: string) => storeAt({...traits, clock: systemClock, memory: new ObjectMemory(file)})
  const timed = async (what: string, work: () => Promise<string>) => {
    using requests = watchRequests()
    const [begun, before] = [performance.now(), process.cpuUsage()]
    const outcome = await work()
    const seconds = ((performance.now() - begun) / 1000).toFixed(2)
    const {user, system} = process.cpuUsage(before)
    const rss = Math.round(process.memoryUsage().rss / 1024 ** 2)
    console.log(
      `${what}: ${outcome} in ${seconds} s, ${((user + system) / 1e6).toFixed(2)} s of processor, ${requests.seen.length} requests, ${inARow(requests.seen)} in a row, ${rss} MiB`,
    )
  }
  const listed = (what: string, file = memory) => timed(what, async () => `${(await open(file).list()).length} sets`)
  await listed('first, without a catalogue')
  await listed('again, from memory')
  await listed('again, from memory')
  await timed('catalogue', async () => ((await open(memory).updateCatalogue()) ? 'stored' : 'not stored'))
  for (let round = 1; round <= 3; round += 1) await listed('first, with a catalogue', `${memory}-${round}`)
  await timed('by name alone', async () => `${(await open(`${memory}-none`).copies()).length} sets`)
  console.log(`memory file: ${Math.round((await stat(memory)).size / 1024 ** 2)} MiB`)
}

interface Span {
  begun: number
  ended: number
}

/** Sees each request of this process from its beginning to the head of its answer. */
function watchRequests(): {seen: Span[]} & Disposable {
  const [begun, seen] = [new Map<unknown, number>(), new Array<Span>()]
  const start = (message: unknown) => void begun.set((message as {request: unknown}).request, performance.now())
  const finish = (message: unknown) => {
    const {request} = message as {request: unknown}
    seen.push({begun: begun.get(request) ?? 0, ended: performance.now()})
  }
  subscribe('http.client.request.start', start)
  subscribe('http.client.response.finish', finish)
  return {
    seen,
    [Symbol.dispose]: () => {
      unsubscribe('http.client.request.start', start)
      unsubscribe('http.client.response.finish', finish)
    },
  }
}

/** Returns the largest number of requests of which each began when the one before had its answer: as often one waits for the way there and back. */
function inARow(spans: readonly Span[]): number {
  let [count, free] = [0, 0]
  for (const {begun, ended} of spans.toSorted((one, other) => one.ended - other.ended)) {
    if (begun < free) continue
    count += 1
    free = ended
  }
  return count
}

async function serve(): Promise<void> {
  const server = await ScriptedStore.start()
  for (const {key, text} of objects()) server.memory.put(key, Buffer.from(text), {})
  process.send!({endpoint: server.endpoint})
}

/** Yields what a backup each hour leaves in the bucket. */
function* objects(): Generator<{key: string; text: string}> {
  const tables = Array.from({length: 20}, (_, index) => `table_${index}`)
  const members = ['database.dump', 'globals.sql', 'RESTORE.md'].map((name) => ({name, bytes: 1, sha256: 'a'.repeat(64)}))
  const newest = Date.now() - 3_600_000
  for (let index = 0; index < sets; index += 1) {
    const startedAt = new Date(newest - index * 3_600_000)
    const {manifest, proof} = backupSet({startedAt, tables})
    const id = backupId(startedAt, '3f9a1c')
    const folder = `shop/production/${id}`
    yield {key: `${folder}/manifest.json`, text: sealed({...manifest, id, members})}
    yield {key: `${folder}/proof.json`, text: sealed({...proof!, id})}
    for (const {name} of members) yield {key: `${folder}/${name}`, text: 'x'}
  }
}
