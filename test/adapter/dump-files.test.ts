import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {gzipSync, zstdCompressSync} from 'node:zlib'
import {beforeEach, describe, expect, test} from 'vitest'
import {localDumpFiles} from '../../src/lib/adapters/dump-files.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {readText} from '../../src/lib/procedures/text.ts'
import {folderWith, rejection} from '../support/folder.ts'
import {plainDump} from '../support/sql-dumps.ts'

/** Too long for one chunk, and too varied to be compressed into one. */
const script = plainDump + Array.from({length: 40_000}, (_, index) => `-- ${(index * 2_654_435_761) % 4_294_967_296}\n`).join('')
const archive = `PGDMP\u0001\u0010${'\0'.repeat(600)}`
const tar = Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(300)])

let folder: string

beforeEach(() => {
  folder = folderWith()
})

function put(contents: string | Uint8Array, name = 'dump'): string {
  const file = path.join(folder, name)
  writeFileSync(file, contents)
  return file
}

const find = (contents: string | Uint8Array) => localDumpFiles.find(put(contents))
const refusal = (contents: string | Uint8Array) => rejection(find(contents), OperatorError)

const compressions = [
  ['as it is', (text: string) => Buffer.from(text)],
  ['compressed by gzip', (text: string) => gzipSync(text)],
  ['compressed by zstd', (text: string) => zstdCompressSync(text)],
] as const

describe.each(compressions)('a dump %s', (_, compress) => {
  test('in plain SQL is recognised and read whole', async () => {
    const file = await find(compress(script))
    expect([file.format, await readText(file.open())]).toEqual(['script', script])
  })

  test('in custom format is recognised', async () => {
    expect((await find(compress(archive))).format).toBe('archive')
  })

  test('in tar format is refused with the way out', async () => {
    const error = await refusal(compress(tar.toString('latin1')))
    expect([error.kind, error.hint]).toEqual(['incompatible', expect.stringContaining('--format=custom')])
  })

  test('that is no dump at all is refused', async () => {
    expect((await refusal(compress('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR'))).kind).toBe('incompatible')
  })

  test('can be read more than once', async () => {
    const file = await find(compress(plainDump))
    expect(await readText(file.open())).toBe(await readText(file.open()))
  })
})

describe.each(compressions.slice(1))('a dump %s', (_, compress) => {
  test.each([0.01, 0.5, 0.99])('that is cut at %f of its length is corrupt', async (share) => {
    const bytes = compress(script)
    const reading = find(bytes.subarray(0, Math.round(bytes.length * share))).then((file) => readText(file.open()))
    const error = await rejection(reading, OperatorError)
    expect([error.kind, error.exitCode]).toEqual(['corrupt', 13])
    expect(error.message).toContain(path.join(folder, 'dump'))
  })

  test('that lacks its last byte is corrupt', async () => {
    const bytes = compress(script)
    const reading = find(bytes.subarray(0, -1)).then((file) => readText(file.open()))
    expect((await rejection(reading, OperatorError)).kind).toBe('corrupt')
  })

  test('that holds one wrong byte is corrupt or reads as something else, and never as itself', async () => {
    const bytes = Buffer.from(compress(script))
    bytes[Math.round(bytes.length / 2)]! ^= 0x40
    const outcome = await find(bytes)
      .then((file) => readText(file.open()))
      .catch((error: OperatorError) => error.kind)
    expect(outcome).not.toBe(script)
  })

  test('in several parts, one behind the other, is read whole', async () => {
    const file = await find(Buffer.concat([compress('-- first\n'), compress('-- second\n')]))
    expect(await readText(file.open())).toBe('-- first\n-- second\n')
  })
})

test('a dump of several long zstd frames, each announced as pzstd does, is read whole', async () => {
  const frame = zstdCompressSync(script)
  const announcement = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
  const file = await find(Buffer.concat([announcement, frame, announcement, frame, frame]))
  expect(await readText(file.open())).toBe(script.repeat(3))
})

test('what stands behind the last zstd frame and is none makes the file corrupt', async () => {
  const file = await find(Buffer.concat([zstdCompressSync(script), Buffer.from('hello')]))
  expect((await rejection(readText(file.open()), OperatorError)).kind).toBe('corrupt')
})

describe('what is no dump', () => {
  test('a file that is not there', async () => {
    expect(await rejection(localDumpFiles.find(path.join(folder, 'nowhere.sql')), OperatorError)).toMatchObject({
      kind: 'notFound',
      exitCode: 9,
    })
  })

  test('an empty file', async () => {
    expect(await refusal('')).toMatchObject({kind: 'corrupt', hint: expect.stringContaining('another backup')})
  })

  test('an empty file that was compressed', async () => {
    const file = await find(gzipSync(''))
    expect([file.format, await readText(file.open())]).toEqual(['script', ''])
  })

  test('a folder', async () => {
    mkdirSync(path.join(folder, 'sets'))
    expect(await rejection(localDumpFiles.find(path.join(folder, 'sets')), OperatorError)).toMatchObject({kind: 'incompatible'})
  })
})

test('who stops reading half-way gets what was read, and nothing fails later', async () => {
  const file = await find(gzipSync(script))
  for await (const chunk of file.open()) {
    expect(chunk.length).toBeGreaterThan(0)
    break
  }
})
