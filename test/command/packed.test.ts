import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {keepChunks} from '../../scripts/chunks.ts'
import {noticesOf} from '../../scripts/notices.ts'

const root = path.resolve(import.meta.dirname, '../..')
const {files, version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {files: string[]; version: string}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'packed-'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

function write(file: string, text: string): string {
  mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
  writeFileSync(path.join(folder, file), text)
  return path.join(folder, file)
}

describe('what npm packs, on a machine without any package', () => {
  beforeAll(() => {
    for (const file of ['package.json', ...files]) cpSync(path.join(root, file), path.join(folder, 'sparkone', file), {recursive: true})
    write(
      'stack/sparkone.yml',
      'version: 1\nproject: shop\nruntime: host\ndatabase: {name: shop}\nschedule: {backup: "0 2 * * *"}\nbackup: {directory: sets}\n',
    )
  })

  const sparkone = (...words: string[]) =>
    spawnSync(process.execPath, [path.join(folder, 'sparkone/bin/run.js'), ...words], {
      cwd: path.join(folder, 'stack'),
      env: {PATH: process.env.PATH, HOME: folder, NO_COLOR: '1', SPARKONE_STATE_DIR: path.join(folder, 'state')},
      encoding: 'utf8',
    })

  const textOf = (file: string) => readFileSync(path.join(folder, 'sparkone/dist', file), 'utf8')

  test.each([
    ['--version', `sparkone/${version} `],
    ['backup --help', 'EXIT STATUS'],
    ['runbook list', 'point-in-time'],
    ['completion bash', 'sparkone'],
    ['completion names places', 'local\n'],
    ['restore --list', 'There is no backup in '],
    ['cron list', '0 2 * * *'],
  ])('%s does what it does anywhere', (line, said) => {
    const {status, stdout, stderr} = sparkone(...line.split(' '))
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toContain(said)
  })

  test('speaks the language of the oldest Node that is served', () => {
    const dist = path.join(folder, 'sparkone/dist')
    const programs = readdirSync(dist, {recursive: true, encoding: 'utf8'}).filter((file) => file.endsWith('js'))
    // Chunks count where they are imported; the others are kept for runs that began with an earlier build.
    const read = new Map(programs.filter((file) => !file.startsWith('chunks')).map((file) => [file, textOf(file)]))
    for (const [file, text] of read)
      for (const [, imported] of text.matchAll(/(?:from|import)\s*\(?["'`](\.{1,2}\/[^"'`\s]+\.js)["'`]/g)) {
        const chunk = path.join(path.dirname(file), imported!)
        if (!read.has(chunk)) read.set(chunk, textOf(chunk))
      }
    expect(read.size).toBeGreaterThan(100)
    expect([...read.keys()].filter((file) => /[;{}\s]using [\w$]+ ?=/.test(read.get(file)!))).toEqual([])
  })

  test('carries the licences of the packages that are part of it', () => {
    const notices = readFileSync(path.join(folder, 'sparkone/dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
    for (const name of ['@oclif/core', '@aws-sdk/client-s3', 'age-encryption', 'zod']) expect(notices).toContain(`\n${name} `)
    expect(notices).toContain('Permission is hereby granted')
  })
})

describe('notices', () => {
  test('have the licence of each package once, and name whose it is where there is no text', () => {
    const about = (name: string, more: object) => JSON.stringify({name, version: '1.0.0', ...more})
    write('node_modules/@a/with-text/package.json', about('@a/with-text', {license: 'ISC'}))
    write('node_modules/@a/with-text/LICENSE.md', 'May be used.\n')
    write('node_modules/old/package.json', about('old', {licenses: [{type: 'MIT'}], author: {name: 'Somebody'}}))
    const paths = ['node_modules/old/x.js', 'node_modules/@a/with-text/y.js', 'node_modules/@a/with-text/z/y.js', 'src/own.ts']
    const [, ...packages] = noticesOf(paths.map((file) => path.join(folder, file))).split(`${'-'.repeat(80)}\n\n`)
    expect(packages.map((text) => text.trim())).toEqual([
      '@a/with-text 1.0.0 (ISC)\n\nMay be used.',
      'old 1.0.0 (MIT)\n\nCopyright Somebody',
    ])
  })

  test('end the build at a package that may not be passed on', () => {
    write('node_modules/closed/package.json', JSON.stringify({name: 'closed', version: '1.0.0'}))
    expect(() => noticesOf([path.join(folder, 'node_modules/closed/x.js')])).toThrow('closed names no licence')
  })
})

test('a build keeps what a backup that runs meanwhile may still load, for a day', () => {
  const now = Date.now()
  const [before, after] = [path.join(folder, 'before'), path.join(folder, 'after')]
  const dayOld = write('before/a-1.js', 'old')
  write('before/b-1.js', 'of the build before')
  write('before/same-1.js', 'same')
  write('after/same-1.js', 'same')
  utimesSync(dayOld, new Date(now), new Date(now - 25 * 60 * 60 * 1000))
  keepChunks(before, after, now)
  expect(readdirSync(after).toSorted()).toEqual(['b-1.js', 'same-1.js'])
  keepChunks(path.join(folder, 'none'), after, now)
})
