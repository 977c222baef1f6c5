import {existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {zstdCompressSync} from 'node:zlib'
import {pack, type Header} from 'tar-stream'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import type {ProjectFilesOptions} from '../../../src/lib/adapters/files/project-files.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Bytes} from '../../../src/lib/ports.ts'
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
    ['a hard link that leads out', [{name: 'x', type: 'link', linkname: '../../unit/etc/passwd'}]],
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
    const {archive} = await archiveOf(filesOf())
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
