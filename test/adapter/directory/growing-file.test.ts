import {createHash, randomBytes} from 'node:crypto'
import {appendFile, open} from 'node:fs/promises'
import path from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {GrowingFile} from '../../../src/lib/adapters/directory/growing-file.ts'
import {folderWith} from '../../support/folder.ts'

let file: string
let growing: GrowingFile

beforeEach(() => {
  file = path.join(folderWith({}), 'database.dump')
  growing = new GrowingFile()
})

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function hashRead(options: {passing?: boolean}): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of growing.read(() => open(file), options)) hash.update(chunk)
  return hash.digest('hex')
}

async function grow(bytes: Uint8Array, pieces: number): Promise<void> {
  const size = Math.ceil(bytes.length / pieces)
  for (let start = 0; start < bytes.length; start += size) {
    await appendFile(file, bytes.subarray(start, start + size))
    growing.grew(Math.min(bytes.length, start + size))
  }
  growing.end()
}

test('readers of both kinds get every byte of a file that grows, each at a pace of its own', async () => {
  const bytes = randomBytes(1_000_003)
  const readers = [hashRead({}), hashRead({passing: true}), hashRead({passing: true})]
  await grow(bytes, 37)
  expect(new Set(await Promise.all(readers))).toEqual(new Set([hashOf(bytes)]))
  expect(await hashRead({passing: true})).toBe(hashOf(bytes))
})

test('who reads on the way takes no more memory, however long the file is', async () => {
  await grow(randomBytes(900_000), 3)
  const pieces = new Set<ArrayBufferLike>()
  for await (const chunk of growing.read(() => open(file), {passing: true})) pieces.add(chunk.buffer)
  expect(pieces.size).toBe(1)
})

test('a chunk that is kept stays as it was for those who asked for that', async () => {
  const bytes = randomBytes(900_000)
  await grow(bytes, 3)
  const chunks: Uint8Array[] = []
  for await (const chunk of growing.read(() => open(file))) chunks.push(chunk)
  expect(hashOf(Buffer.concat(chunks))).toBe(hashOf(bytes))
})
