import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {createServer} from 'node:net'
import path from 'node:path'
import {zstdCompressSync} from 'node:zlib'
import {pack, type Header} from 'tar-stream'
import {beforeEach, describe, expect, onTestFinished, test} from 'vitest'
import {LocalProjectFiles, type ProjectFilesOptions} from '../../../../src/lib/adapters/files/project-files.ts'
import {archiveDifference, type ArchivedEntry} from '../../../../src/lib/domain/file-archive.ts'
import {OperatorError} from '../../../../src/lib/errors.ts'
import type {Bytes} from '../../../../src/lib/ports.ts'
import {FakeClock} from '../../../support/fakes/clock.ts'
import {collect} from '../../../support/fakes/store.ts'
import {folderWith, rejection} from '../../../support/folder.ts'

let folder: string
const at = (...parts: string[]) => path.join(folder, ...parts)

beforeEach(() => {
  folder = folderWith()
})

function filesOf(options: Partial<ProjectFilesOptions> = {}) {
  return new LocalProjectFiles({
    folder,
    include: ['**'],
    isChosen: true,
    exclude: [],
    hidden: [],
    scratch: folderWith(),
    owner: 'shop-production',
    clock: new FakeClock(new Date(), {sleeping: 'skip'}),
    signal: new AbortController().signal,
    ...options,
  })
}

const write = (name: string, contents: string | Buffer = name) => {
  mkdirSync(path.dirname(at(name)), {recursive: true})
  writeFileSync(at(name), contents)
}

async function* bytesOf(bytes: Uint8Array): Bytes {
  yield bytes
}

async function archiveOf(files = filesOf()): Promise<{archive: Uint8Array; stored: ArchivedEntry[]; problems: string[]}> {
  const {entries, problems} = await files.find()
  const packed = files.pack(entries)
  const archive = await collect(packed.bytes)
  return {archive, stored: packed.stored, problems: [...problems, ...packed.problems].map((each) => `${each.path} ${each.fault}`)}
}

const pathsOf = async (options: Partial<ProjectFilesOptions>) => (await filesOf(options).find()).entries.map((entry) => entry.path)

describe('what is found', () => {
  test('is what the patterns mean, with the folders above it', async () => {
    for (const name of ['.env', 'ops/a.yml', 'ops/deep/b.yml', 'ops/deep/c.txt', 'src/x.ts']) write(name)
    expect(await pathsOf({include: ['.env', 'ops/**/*.yml']})).toEqual(['.env', 'ops', 'ops/a.yml', 'ops/deep', 'ops/deep/b.yml'])
    expect(await pathsOf({include: ['ops'], exclude: ['**/*.txt', 'ops/a.yml']})).toEqual(['ops', 'ops/deep', 'ops/deep/b.yml'])
  })

  test('never holds modules, objects of git, the backups themselves or private keys', async () => {
    for (const name of [
      'a/node_modules/x.js',
      '.git/objects/ab/cd',
      '.git/HEAD',
      'backups/set/dump',
      'keys/age.txt',
      'ok',
      '.sparkone-before-x/y',
    ])
      write(name)
    symlinkSync(at('backups'), at('elsewhere'))
    const hidden = [at('elsewhere'), at('keys/age.txt')]
    expect(await pathsOf({hidden})).toEqual(['.git', '.git/HEAD', 'a', 'keys', 'ok'])
  })

  test('never lies behind a link, and a link that leads out is only a link', async () => {
    const outside = folderWith({secret: 'x'})
    symlinkSync(outside, at('out'))
    symlinkSync('.', at('round'))
    const {entries} = await filesOf().find()
    expect(entries.map(({path: name, type, target}) => [name, type, target])).toEqual([
      ['out', 'symlink', outside],
      ['round', 'symlink', '.'],
    ])
  })

  test('leaves sockets out', async () => {
    write('a')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
    onTestFinished(() => void server.close())
    expect(await filesOf().find()).toMatchObject({entries: [{path: 'a'}], problems: []})
  })

  test('names patterns that mean nothing, where the operator chose them', async () => {
    write('a')
    expect((await filesOf({include: ['a', 'otps']}).find()).problems).toMatchObject([{path: 'otps', fault: 'nothing'}])
    expect((await filesOf({include: ['a', 'otps'], isChosen: false}).find()).problems).toEqual([])
  })

  test('names what an archive cannot hold', async () => {
    write('a')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff, 0xfe])]), 'x')
    expect((await filesOf().find()).problems).toMatchObject([{fault: 'unsupported', message: expect.stringContaining('no UTF-8')}])
  })
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
    const {archive, stored, problems} = await archiveOf()
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
    const {archive} = await archiveOf()
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
    const {archive, stored} = await archiveOf()
    const cut = archive.subarray(0, Math.floor(archive.length * part))
    const read = await filesOf()
      .list(bytesOf(cut))
      .catch((error: unknown) => error)
    if (Array.isArray(read)) expect(archiveDifference(stored, read as ArchivedEntry[])).not.toBeNull()
    else expect(read).toMatchObject({kind: 'corrupt'})
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

async function crafted(...headers: (Partial<Header> & {name: string; text?: string})[]): Promise<Bytes> {
  const archive = pack()
  for (const {text = '', ...header} of headers) archive.entry({...header, pax: null}, text)
  archive.finalize()
  return bytesOf(zstdCompressSync(await collect(archive as Bytes)))
}

describe('an archive that somebody made', () => {
  test.each([
    ['an absolute path', [{name: '/tmp/x', text: 'x'}]],
    ['a path that leads out', [{name: 'a/../../x', text: 'x'}]],
    ['a hard link that leads out', [{name: 'x', type: 'link', linkname: '../../etc/passwd'}]],
    ['a hard link to nothing of its own', [{name: 'x', type: 'link', linkname: 'etc/passwd'}]],
    ['a device', [{name: 'x', type: 'character-device', devmajor: 1, devminor: 3}]],
    ['a pipe', [{name: 'x', type: 'fifo'}]],
    [
      'a file below a link',
      [
        {name: 'a', type: 'symlink', linkname: '/tmp'},
        {name: 'a/x', text: 'x'},
      ],
    ],
    [
      'a file below a file',
      [
        {name: 'a', text: 'x'},
        {name: 'a/x', text: 'x'},
      ],
    ],
    [
      'a link in the place of a folder',
      [
        {name: 'a/', type: 'directory'},
        {name: 'a', type: 'symlink', linkname: '/tmp'},
      ],
    ],
  ] as [string, (Partial<Header> & {name: string; text?: string})[]][])('with %s is refused, and leaves nothing', async (_, headers) => {
    const scratch = folderWith()
    const failure = await rejection(filesOf({scratch}).unpack(await crafted(...headers)), OperatorError)
    expect(failure.kind).toBe('refused')
    expect(readdirSync(scratch)).toEqual([])
  })
})

describe('putting files in place', () => {
  const kept = () => at('.sparkone-before-x')

  async function archived(): Promise<Uint8Array> {
    folder = folderWith({a: 'old a', 'ops/b': 'old b', 'ops/deep/c': 'old c'})
    const {archive} = await archiveOf()
    for (const name of ['a', 'ops/b', 'ops/deep/c']) write(name, 'new')
    return archive
  }

  test('keeps every file that was there', async () => {
    const archive = await archived()
    write('stranger')
    await using staged = await filesOf().target(folder).stage(bytesOf(archive))
    expect(await staged.place(kept())).toEqual({replaced: 3})
    expect([readFileSync(at('ops/b'), 'utf8'), readFileSync(at('stranger'), 'utf8')]).toEqual(['old b', 'stranger'])
    expect(readFileSync(path.join(kept(), 'ops/deep/c'), 'utf8')).toBe('new')
  })

  test('is refused where something is in the way, and leaves everything as it was', async () => {
    const archive = await archived()
    rmSync(at('a'))
    await using staged = await filesOf().target(folder).stage(bytesOf(archive))
    expect(await rejection(staged.place(null), OperatorError)).toMatchObject({kind: 'refused'})
    expect([existsSync(at('a')), readFileSync(at('ops/b'), 'utf8')]).toEqual([false, 'new'])
  })

  test('that fails half-way puts everything back', async () => {
    const archive = await archived()
    await using staged = await filesOf().target(folder).stage(bytesOf(archive))
    const [root] = readdirSync(folder).filter((name) => name.startsWith('.sparkone-restoring-'))
    rmSync(at(root!, 'ops/deep/c'))
    await rejection(staged.place(kept()), Error)
    expect(['a', 'ops/b', 'ops/deep/c'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['new', 'new', 'new'])
  })

  test('never goes through a link that took the place of a folder', async () => {
    const archive = await archived()
    const outside = folderWith({b: 'outside'})
    rmSync(at('ops'), {recursive: true})
    symlinkSync(outside, at('ops'))
    await using staged = await filesOf().target(folder).stage(bytesOf(archive))
    await staged.place(kept())
    expect(readFileSync(path.join(outside, 'b'), 'utf8')).toBe('outside')
    expect(lstatSync(at('ops')).isDirectory()).toBe(true)
    expect(lstatSync(path.join(kept(), 'ops')).isSymbolicLink()).toBe(true)
  })

  test('removes what a run that was killed left behind, and what it staged itself', async () => {
    const archive = await archived()
    mkdirSync(at('.sparkone-restoring-shop-production-dead'))
    {
      await using _staged = await filesOf().target(folder).stage(bytesOf(archive))
      expect(readdirSync(folder).filter((name) => name.startsWith('.sparkone-restoring-'))).toHaveLength(1)
    }
    expect(readdirSync(folder).toSorted()).toEqual(['a', 'ops'])
  })
})
