import {describe, expect, test} from 'vitest'
import {DirectoryStore} from '../../src/lib/adapters/directory/store.ts'
import type {BackupSet, Manifest} from '../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import type {BackupStore, Bytes, SetDraft} from '../../src/lib/ports.ts'
import {fromText, readText} from '../../src/lib/procedures/text.ts'
import {backupSet} from '../support/backup-sets.ts'
import {MemoryStore} from '../support/fakes/store.ts'
import {folderWith, rejection} from '../support/folder.ts'

const stores: readonly (readonly [string, () => BackupStore])[] = [
  ['a folder', () => new DirectoryStore(folderWith(), 'shop', 'production')],
  ['the store of tests', () => new MemoryStore()],
]

const {manifest: template, proof: somebodysProof} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')})
const {id} = template
const passed = {...somebodysProof!, id}

async function fill(draft: SetDraft): Promise<Manifest> {
  const member = await draft.write('database.dump', fromText('the dump'))
  const globals = await draft.write('globals.sql', fromText('CREATE ROLE shop;'))
  return {...template, members: [member, globals]}
}

async function publish(store: BackupStore): Promise<BackupSet> {
  const draft = await store.create(id)
  return draft.publish(await fill(draft))
}

async function* failing(): Bytes {
  yield new TextEncoder().encode('half')
  throw new OperatorError('unreachable', 'pg_dump was ended.')
}

// Every implementation of the port, that of the tests too, goes through the same.
describe.each(stores)('a backup in %s', (_, open) => {
  test('is not to be seen before it is published, and whole afterwards', async () => {
    const store = open()
    const draft = await store.create(id)
    const manifest = await fill(draft)
    expect([await store.list(), await store.broken()]).toEqual([[], []])
    const set = await draft.publish(manifest)
    expect(await store.list()).toEqual([{manifest, proof: null, location: set.location}])
    expect(await store.broken()).toEqual([])
  })

  test('can be read back before it is published, and after', async () => {
    const store = open()
    const draft = await store.create(id)
    const manifest = await fill(draft)
    expect(await readText(draft.read(manifest.members[0]!))).toBe('the dump')
    const set = await draft.publish(manifest)
    expect(await readText(store.read(set, 'globals.sql'))).toBe('CREATE ROLE shop;')
  })

  test('can be read back while it is being written', async () => {
    const draft = await open().create(id)
    const [read, member] = await Promise.all([
      readText(draft.readBehind('globals.sql')),
      draft.write('globals.sql', fromText('CREATE ROLE shop;')),
    ])
    expect([read, member.bytes]).toEqual(['CREATE ROLE shop;', 17])
  })

  test('ends with what ended the writing for who reads along', async () => {
    const draft = await open().create(id)
    const reading = rejection(readText(draft.readBehind('database.dump')), OperatorError)
    await rejection(draft.write('database.dump', failing()), OperatorError)
    await draft.discard()
    expect(await reading).toBeInstanceOf(OperatorError)
  })

  test('knows the size and the SHA-256 of what was written', async () => {
    const {members} = (await publish(open())).manifest
    expect(members[0]).toEqual({
      name: 'database.dump',
      bytes: 8,
      sha256: '2c724c509950ce8c25c58be0a75241fb5dcb6c28f9af070005fe7f085348111a',
    })
  })

  test('that has no such file says so', async () => {
    const store = open()
    const set = await publish(store)
    const reading = async () => readText(store.read(set, 'RESTORE.md'))
    expect((await rejection(reading(), OperatorError)).kind).toBe('corrupt')
  })

  test('that is not what was written is corrupt, after its last byte', async () => {
    const store = open()
    const set = await publish(store)
    const [dump, ...others] = set.manifest.members
    const forged = {...set, manifest: {...set.manifest, members: [{...dump!, sha256: '0'.repeat(64)}, ...others]}}
    let seen = ''
    const reading = async () => {
      for await (const chunk of store.read(forged, 'database.dump')) seen += new TextDecoder().decode(chunk)
    }
    expect((await rejection(reading(), OperatorError)).kind).toBe('corrupt')
    expect(seen).toBe('the dump')
  })

  test('keeps its proof, and the next proof in its place', async () => {
    const store = open()
    const set = await publish(store)
    await store.saveProof(set, passed)
    expect((await store.list())[0]?.proof).toEqual(passed)
    await store.saveProof(set, {...passed, passed: false})
    expect((await store.list())[0]?.proof?.passed).toBe(false)
  })

  test('that failed half-way is gone when discarded, and can be made again', async () => {
    const store = open()
    const draft = await store.create(id)
    expect((await rejection(draft.write('database.dump', failing()), OperatorError)).message).toBe('pg_dump was ended.')
    await draft.discard()
    expect(await store.sweep()).toEqual([])
    await publish(store)
    expect(await store.list()).toHaveLength(1)
  })

  test('that a run which died left unfinished is swept, and nothing else is', async () => {
    const store = open()
    await publish(store)
    await store.create('20261123T020000Z-abcdef')
    expect(await store.sweep()).toEqual(['removed the unfinished backup 20261123T020000Z-abcdef'])
    expect([await store.list().then((sets) => sets.length), await store.sweep()]).toEqual([1, []])
  })

  test('needs room, and the store tells how much there is', async () => {
    expect(await open().freeBytes()).toBeGreaterThan(0)
  })
})
