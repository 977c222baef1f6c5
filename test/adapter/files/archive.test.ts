import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import type {ProjectFilesOptions} from '../../../src/lib/adapters/files/project-files.ts'
import {archiveDifference} from '../../../src/lib/domain/file-archive.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {collect} from '../../support/fakes/store.ts'
import {folderWith, rejection} from '../../support/folder.ts'
import {archiveOf, bytesOf, projectFiles, writeBelow} from '../../support/project-files.ts'

let folder: string
const at = (...parts: string[]) => path.join(folder, ...parts)
const filesOf = (options: Partial<ProjectFilesOptions> = {}) => projectFiles(folder, options)
const write = (name: string, contents: string | Buffer = name) => writeBelow(folder, name, contents)

beforeEach(() => {
  folder = folderWith()
})

describe('an archive', () => {
  test('holds names, modes, times and links of every kind, and gives them back', async () => {
    const names = ['plain', 'new\nline', '-dash', 'ü 💾', 'back\\slash', 'trailing ', `${'d'.repeat(200)}/${'e'.repeat(250)}`]
    for (const name of names) write(name)
    write('setuid', 'x')
    chmodSync(at('setuid'), 0o4711)
    write('closed', 'x')
    chmodSync(at('closed'), 0o000)
    utimesSync(at('plain'), 0, new Date(-1000))
    utimesSync(at('-dash'), 0, 4_000_000_000.123456)
    linkSync(at('plain'), at('second name'))
    symlinkSync('t'.repeat(300), at('long link'))
    mkdirSync(at('empty'), {mode: 0o1777})
    chmodSync(at('empty'), 0o1777)
    write('nothing', '')
    const {archive, stored, problems} = await archiveOf(filesOf())
    expect(problems).toEqual([])
    const files = filesOf()
    expect(archiveDifference(stored, await files.list(bytesOf(archive)))).toBeNull()
    const target = files.target(path.join(folderWith(), 'restored'))
    await using staged = await files.target(target.folder).stage(bytesOf(archive))
    await staged.place(null)
    const there = (...parts: string[]) => path.join(target.folder, ...parts)
    for (const name of names) expect(readFileSync(there(name), 'utf8')).toBe(name)
    expect(statSync(there('setuid')).mode & 0o7777).toBe(0o4711)
    expect(statSync(there('closed')).mode & 0o7777).toBe(0)
    expect(statSync(there('empty')).mode & 0o7777).toBe(0o1777)
    expect(statSync(there('-dash')).mtimeMs).toBeCloseTo(4_000_000_000_123.456, 0)
    expect(statSync(there('plain')).mtimeMs).toBe(-1000)
    expect(statSync(there('plain')).ino).toBe(statSync(there('second name')).ino)
    expect(readlinkSync(there('long link'))).toBe('t'.repeat(300))
    expect(readFileSync(there('nothing'), 'utf8')).toBe('')
  })

  test('of a huge sparse file is small, and is sparse again when it is unpacked', async () => {
    write('huge', 'begin')
    truncateSync(at('huge'), 30 * 1024 * 1024)
    const {archive} = await archiveOf(filesOf())
    expect(archive.length).toBeLessThan(100_000)
    await using unpacked = await filesOf().unpack(bytesOf(archive))
    const {size, blocks} = statSync(path.join(unpacked.description, 'huge'))
    expect(size).toBe(30 * 1024 * 1024)
    expect(blocks * 512).toBeLessThan(1024 * 1024)
  })

  test('names files that vanished, and does without them', async () => {
    write('a')
    write('b')
    const files = filesOf()
    const {entries} = await files.find()
    rmSync(at('a'))
    const packed = files.pack(entries)
    await collect(packed.bytes)
    expect([packed.stored.map((entry) => entry.path), packed.problems]).toMatchObject([['b'], [{path: 'a', fault: 'vanished'}]])
  })

  test('does not follow a link that took the place of a file', async () => {
    write('a')
    write('b')
    const files = filesOf()
    const {entries} = await files.find()
    rmSync(at('a'))
    symlinkSync('/etc/passwd', at('a'))
    const packed = files.pack(entries)
    await collect(packed.bytes)
    expect([packed.stored.map((entry) => entry.path), packed.problems]).toMatchObject([['b'], [{path: 'a', fault: 'changed'}]])
  })

  test.each([
    ['small', 1000],
    ['large', 1_500_000],
  ])('holds a %s file that changed once as it was the second time', async (_, size) => {
    write('a', Buffer.alloc(size, 'x'))
    const {archive, stored, problems} = await changedWhileRead(1)
    expect(problems).toEqual([])
    expect(stored.at(-1)!.bytes).toBe(size + 1)
    await using unpacked = await filesOf().unpack(bytesOf(archive))
    expect(statSync(path.join(unpacked.description, 'a')).size).toBe(size + 1)
  })

  test.each([
    ['small', 1000],
    ['large', 1_500_000],
  ])('names a %s file that changes each time it is read', async (_, size) => {
    write('a', Buffer.alloc(size, 'x'))
    const {archive, stored, problems} = await changedWhileRead(100)
    expect(problems).toEqual(['a changed'])
    expect(archiveDifference(stored, await filesOf().list(bytesOf(archive)))).toBeNull()
  })

  test('of a file that shrinks while it is read stays an archive', async () => {
    write('a', Buffer.alloc(1_500_000, 'x'))
    write('b')
    const {archive, stored} = await changedWhileRead(1, () => truncateSync(at('a'), 5))
    expect(archiveDifference(stored, await filesOf().list(bytesOf(archive)))).toBeNull()
    expect(stored.map((entry) => entry.path)).toEqual(['a', 'a', 'b'])
  })

  test('ends at once when it is given up', async () => {
    const abort = new AbortController()
    write('a')
    const files = filesOf({signal: abort.signal})
    const {entries} = await files.find()
    abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    expect(await rejection(collect(files.pack(entries).bytes), OperatorError)).toMatchObject({kind: 'interrupted'})
  })

  test('that nobody reads on leaves nothing open', async () => {
    write('a', Buffer.alloc(4 * 1024 * 1024, 'x'))
    const packed = filesOf().pack((await filesOf().find()).entries)
    for await (const _chunk of packed.bytes) break
    const open = readdirSync('/proc/self/fd').map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`)
      } catch {
        // The listing itself was open while it was made.
        return ''
      }
    })
    expect(open.filter((name) => name.startsWith(folder))).toEqual([])
  })

  test.each([0.02, 0.3, 0.7, 0.9])('that is cut at %d of its length is corrupt', async (part) => {
    for (let index = 0; index < 20; index += 1) write(`file ${index}`, Buffer.from(`${index}`.repeat(5000)))
    const {archive} = await archiveOf(filesOf())
    const cut = archive.subarray(0, Math.floor(archive.length * part))
    expect(await rejection(filesOf().list(bytesOf(cut)), OperatorError)).toMatchObject({kind: 'corrupt'})
  })
})

/** Reads `a` while something happens to it, so many times, each time it was opened. */
async function changedWhileRead(times: number, change = () => appendFileSync(at('a'), 'y')) {
  let left = times
  const files = filesOf()
  const {entries} = await files.find()
  const {FileHandle} = await fileHandleClass()
  const original = FileHandle.read
  FileHandle.read = async function read(this: never, ...words: never[]) {
    const result = await original.apply(this, words)
    if (left > 0 && words[3] === 0) {
      left -= 1
      change()
    }
    return result
  } as typeof original
  try {
    const packed = files.pack(entries)
    const archive = await collect(packed.bytes)
    return {archive, stored: packed.stored, problems: packed.problems.map((each) => `${each.path} ${each.fault}`)}
  } finally {
    FileHandle.read = original
  }
}

async function fileHandleClass(): Promise<{FileHandle: {read: (...words: never[]) => Promise<unknown>}}> {
  const {open} = await import('node:fs/promises')
  await using handle = await open(at('a'))
  return {FileHandle: Object.getPrototypeOf(handle) as never}
}
