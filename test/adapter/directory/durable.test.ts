import {existsSync, readlinkSync} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import path from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {fromText} from '../../../src/lib/procedures/text.ts'
import {backupSet} from '../../support/backup-sets.ts'
import {folderWith} from '../../support/folder.ts'

const {manifest, proof} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')})
const {id} = manifest

/** What every open file of this process can do; to stand beside its `sync` is to see each of them. */
let files: {sync(this: FileHandle): Promise<void>}
let original: (this: FileHandle) => Promise<void>
/** What was brought to stable storage, in order, and whether the backup was to be seen under its name by then. */
let synced: {name: string; visible: boolean}[]
let store: DirectoryStore

beforeEach(async () => {
  const root = folderWith()
  store = new DirectoryStore(root, 'shop', 'production')
  synced = []
  await using any = await open(root, 'r')
  files = Object.getPrototypeOf(any) as typeof files
  original = files.sync
  files.sync = async function (this: FileHandle) {
    await original.call(this)
    const name = path.relative(root, readlinkSync(`/proc/self/fd/${this.fd}`))
    synced.push({name, visible: existsSync(path.join(store.location, id))})
  }
})

afterEach(() => {
  files.sync = original
})

const place = (visible: boolean) =>
  synced.filter((each) => each.visible === visible).map(({name}) => path.relative('shop/production', name))

test.skipIf(process.platform !== 'linux')(
  'a backup is on stable storage, file by file and with its folder, before it is seen, and so is its name after',
  async () => {
    const draft = await store.create(id)
    const members = [await draft.write('database.dump', fromText('the dump')), await draft.write('globals.sql', fromText('roles'))]
    await draft.publish({...manifest, members})
    const partial = `.partial-${id}`
    const before = place(false)
    for (const name of ['database.dump', 'globals.sql', 'manifest.json.tmp']) expect(before).toContain(`${partial}/${name}`)
    expect(before.lastIndexOf(partial)).toBeGreaterThan(before.indexOf(`${partial}/manifest.json.tmp`))
    expect(place(true)).toContain('')
  },
)

test.skipIf(process.platform !== 'linux')(
  'a proof is on stable storage before it takes the place of the old one, and so is its name',
  async () => {
    const draft = await store.create(id)
    const set = await draft.publish({...manifest, members: [await draft.write('database.dump', fromText('the dump'))]})
    synced = []
    await store.saveProof(set, {...proof!, id})
    expect(place(true)).toEqual([`${id}/proof.json.tmp`, id])
  },
)
