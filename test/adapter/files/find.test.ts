import {symlinkSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import path from 'node:path'
import {beforeEach, describe, expect, onTestFinished, test} from 'vitest'
import type {ProjectFilesOptions} from '../../../src/lib/adapters/files/project-files.ts'
import {folderWith} from '../../support/folder.ts'
import {projectFiles, writeBelow} from '../../support/project-files.ts'

let folder: string
const at = (...parts: string[]) => path.join(folder, ...parts)
const filesOf = (options: Partial<ProjectFilesOptions> = {}) => projectFiles(folder, options)
const write = (name: string, contents: string | Buffer = name) => writeBelow(folder, name, contents)

beforeEach(() => {
  folder = folderWith()
})

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
