import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {fromText, readText} from '../../../src/lib/procedures/text.ts'
import {backupSet} from '../../support/backup-sets.ts'
import {folderWith, rejection} from '../../support/folder.ts'

const {manifest: template, proof} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')})
const {id} = template
const other = '20261121T020000Z-abcdef'

let root: string
let store: DirectoryStore
let set: BackupSet

async function publish(name = id): Promise<BackupSet> {
  const draft = await store.create(name)
  const member = await draft.write('database.dump', fromText('the dump'))
  return draft.publish({...template, id: name, members: [member]})
}

beforeEach(async () => {
  root = folderWith()
  store = new DirectoryStore(root, 'shop', 'production')
  set = await publish()
})

const inSet = (name: string) => path.join(set.location, name)
const reasons = async () => (await store.broken()).map(({reason}) => reason)
const reading = () => rejection(readText(store.read(set, 'database.dump')), OperatorError)

describe('the folder of a backup', () => {
  test('lies under project and environment', () => {
    expect(set.location).toBe(path.join(root, 'shop', 'production', id))
    expect(readdirSync(set.location).toSorted()).toEqual(['database.dump', 'manifest.json'])
  })

  test('is for its owner alone, and so is everything in it', async () => {
    await store.saveProof(set, {...proof!, id})
    const folders = [root, 'shop', 'shop/production', `shop/production/${id}`].slice(1).map((name) => path.join(root, name))
    expect(folders.map((folder) => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
    const files = readdirSync(set.location)
    expect(files.map((name) => statSync(inSet(name)).mode & 0o777)).toEqual(files.map(() => 0o600))
  })

  test('appears under its name in one step, when the manifest is in it', async () => {
    const draft = await store.create(other)
    expect(readdirSync(store.location).toSorted()).toEqual([`.partial-${other}`, id])
    const member = await draft.write('database.dump', fromText('the dump'))
    expect(existsSync(path.join(store.location, other))).toBe(false)
    await draft.publish({...template, id: other, members: [member]})
    expect(readdirSync(store.location).toSorted()).toEqual([other, id])
  })

  test('never takes the place of another', async () => {
    await rejection(publish(), OperatorError)
    expect(await store.list()).toHaveLength(1)
    expect(await readText(store.read(set, 'database.dump'))).toBe('the dump')
  })
})

describe('what looks like a backup and is none', () => {
  test.each<[string, () => void, string]>([
    ['a folder without a manifest', () => rmSync(inSet('manifest.json')), 'its manifest is missing'],
    ['a manifest that was cut', () => truncateSync(inSet('manifest.json'), 100), 'its manifest is damaged'],
    ['an empty manifest', () => truncateSync(inSet('manifest.json'), 0), 'its manifest is damaged'],
    ['a manifest with a changed figure', () => edit('manifest.json', '"rows": 10', '"rows": 11'), 'its manifest is damaged'],
    ['a manifest that is a folder', () => replaceByFolder('manifest.json'), 'its manifest cannot be read (EISDIR)'],
  ])('%s is never listed, and named with the reason', async (_, damage, reason) => {
    damage()
    expect([await store.list(), await reasons()]).toEqual([[], [reason]])
  })

  test('a folder with the manifest of another backup', async () => {
    cpSync(set.location, path.join(store.location, other), {recursive: true})
    expect([await store.list().then((sets) => sets.length), await reasons()]).toEqual([1, [`its manifest belongs to ${id}`]])
  })

  test('a file with the name of a backup hides no other backup', async () => {
    writeFileSync(path.join(store.location, other), '')
    expect([await store.list().then((sets) => sets.length), await reasons()]).toEqual([1, ['its manifest is missing']])
  })

  test('other files and folders are not even looked at', async () => {
    mkdirSync(path.join(store.location, 'notes'))
    writeFileSync(path.join(store.location, 'README'), '')
    expect(await reasons()).toEqual([])
  })
})

describe('stored bytes', () => {
  test.each<[string, () => void, RegExp]>([
    ['that are missing', () => rmSync(inSet('database.dump')), /is missing/],
    ['that were cut', () => truncateSync(inSet('database.dump'), 4), /has 4 bytes; 8 were written/],
    ['that grew', () => appendFileSync(inSet('database.dump'), '!'), /has 9 bytes; 8 were written/],
    ['of which one was changed', () => writeFileSync(inSet('database.dump'), 'the dumq'), /SHA-256 is not the one/],
  ])('%s are corrupt, with a way out', async (_, damage, message) => {
    damage()
    const error = await reading()
    expect([error.kind, error.exitCode, error.hint]).toEqual(['corrupt', 13, 'Use another backup: sparkone restore --list'])
    expect(error.message).toMatch(message)
  })
})

describe('a proof', () => {
  test.each<[string, () => void]>([
    ['of another backup', () => cpSync(path.join(store.location, other, 'proof.json'), inSet('proof.json'))],
    ['that was cut', () => truncateSync(inSet('proof.json'), 50)],
    ['that was turned to good by hand', () => edit('proof.json', '"passed": false', '"passed": true')],
  ])('%s proves nothing', async (_, damage) => {
    const second = await publish(other)
    await store.saveProof(second, {...proof!, id: other})
    await store.saveProof(set, {...proof!, id, passed: false})
    damage()
    const [, found] = await store.list()
    expect([found?.manifest.id, found?.proof]).toEqual([id, null])
  })
})

describe('sweeping', () => {
  test('removes unfinished backups and nothing else', async () => {
    await (await store.create(other)).write('database.dump', fromText('half'))
    mkdirSync(path.join(store.location, 'notes'))
    expect(await store.sweep()).toEqual([`removed the unfinished backup ${other}`])
    expect(readdirSync(store.location).toSorted()).toEqual([id, 'notes'].toSorted())
  })

  test('leaves those of other projects and environments alone', async () => {
    const staging = new DirectoryStore(root, 'shop', 'staging')
    await staging.create(other)
    expect(await store.sweep()).toEqual([])
    expect(readdirSync(staging.location)).toEqual([`.partial-${other}`])
  })
})

describe('names of projects', () => {
  test.each(['../x', '..', '.', './shop', 'a/b', '/etc', 'a\\b', '.partial-x', 'a\0b', '%2e%2e', 'ünïcode 猫'])(
    '%j stays one folder inside the root',
    async (name) => {
      const folder = folderWith()
      const each = new DirectoryStore(folder, name, 'production')
      const steps = path.relative(folder, each.location).split(path.sep)
      expect(steps).toHaveLength(2)
      expect(steps).not.toContain('..')
      await each.create(id)
      expect(readdirSync(folder)).toHaveLength(1)
    },
  )

  test('are told apart, whatever was replaced in them', () => {
    const locations = ['a/b', 'a%2fb', 'a_b', 'a b', 'A/b', '../a', '%2e%2e%2fa'].map(
      (name) => new DirectoryStore(root, name, 'x').location,
    )
    expect(new Set(locations).size).toBe(locations.length)
  })
})

describe('a folder for backups', () => {
  test('that is not there yet holds none, and has the room of the disk it will be on', async () => {
    const empty = new DirectoryStore(path.join(root, 'not', 'yet'), 'shop', 'production')
    expect([await empty.list(), await empty.broken(), await empty.sweep()]).toEqual([[], [], []])
    // Others write to the same disk between the two looks.
    const difference = Math.abs((await empty.freeBytes()) - (await store.freeBytes()))
    expect(difference).toBeLessThan(1024 ** 3)
  })

  test('that is a file is named', async () => {
    const file = path.join(root, 'file')
    writeFileSync(file, '')
    const error = await rejection(new DirectoryStore(file, 'shop', 'production').create(id), OperatorError)
    expect([error.kind, error.message]).toEqual(['unreachable', expect.stringContaining(file)])
  })
})

function edit(name: string, from: string, to: string): void {
  const text = readFileSync(inSet(name), 'utf8')
  expect(text).toContain(from)
  writeFileSync(inSet(name), text.replace(from, to))
}

function replaceByFolder(name: string): void {
  rmSync(inSet(name))
  mkdirSync(inSet(name))
}
