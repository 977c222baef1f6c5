import {fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {systemClock} from '../src/lib/adapters/clock.ts'
import {sealed} from '../src/lib/adapters/directory/sealed.ts'
import {ObjectMemory} from '../src/lib/adapters/s3/memory.ts'
import {backupId} from '../src/lib/domain/backup-set.ts'
import {backupSet} from '../test/support/backup-sets.ts'
import {ScriptedStore} from '../test/support/s3/scripted-store.ts'
import {storeAt} from '../test/support/s3/stores.ts'

/** Lists many copies in a store of another process: the first time, when every manifest is fetched, and again. `node bench/offsite-list.ts [sets]` */
const sets = Number(process.argv[2] ?? 10_000)

if (process.send) {
  await serve()
} else {
  const server = fork(import.meta.filename, [String(sets)])
  const [{endpoint}] = (await once(server, 'message')) as [{endpoint: string}]
  const folder = await mkdtemp(path.join(tmpdir(), 'offsite-list-'))
  try {
    await measure(endpoint, path.join(folder, 'memory.jsonl'))
  } finally {
    server.kill()
    await rm(folder, {recursive: true, force: true})
  }
}

async function measure(endpoint: string, memory: string): Promise<void> {
  const listed = async (what: string, file = memory) => {
    // A new process has nothing in memory but what the file holds.
    const store = storeAt({endpoint, clock: systemClock, memory: new ObjectMemory(file)})
    const begun = performance.now()
    const found = await store.list()
    const seconds = (performance.now() - begun) / 1000
    const rss = Math.round(process.memoryUsage().rss / 1024 ** 2)
    console.log(`${what}: ${found.length} sets in ${seconds.toFixed(2)} s, ${rss} MiB`)
  }
  await listed('first, without a catalogue')
  await listed('again, from memory')
  await listed('again, from memory')
  const begunUpdate = performance.now()
  const stored = await storeAt({endpoint, clock: systemClock, memory: new ObjectMemory(memory)}).updateCatalogue()
  console.log(`catalogue ${stored ? 'stored' : 'not stored'} in ${((performance.now() - begunUpdate) / 1000).toFixed(2)} s`)
  for (let round = 1; round <= 3; round += 1) await listed('first, with a catalogue', `${memory}-${round}`)
  const copies = storeAt({endpoint, clock: systemClock})
  const begun = performance.now()
  console.log(`by name alone: ${(await copies.copies()).length} sets in ${((performance.now() - begun) / 1000).toFixed(2)} s`)
  console.log(`memory file: ${Math.round((await stat(memory)).size / 1024 ** 2)} MiB`)
}

async function serve(): Promise<void> {
  const server = await ScriptedStore.start()
  const tables = Array.from({length: 20}, (_, index) => `table_${index}`)
  const members = ['database.dump', 'globals.sql', 'RESTORE.md'].map((name) => ({name, bytes: 1, sha256: 'a'.repeat(64)}))
  const newest = Date.now() - 3_600_000
  for (let index = 0; index < sets; index += 1) {
    const startedAt = new Date(newest - index * 3_600_000)
    const {manifest, proof} = backupSet({startedAt, tables})
    const id = backupId(startedAt, '3f9a1c')
    const folder = `shop/production/${id}`
    server.memory.put(`${folder}/manifest.json`, Buffer.from(sealed({...manifest, id, members})), {})
    server.memory.put(`${folder}/proof.json`, Buffer.from(sealed({...proof!, id})), {})
    for (const name of ['database.dump', 'globals.sql', 'RESTORE.md']) server.memory.put(`${folder}/${name}`, Buffer.from('x'), {})
  }
  process.send!({endpoint: server.endpoint})
}
