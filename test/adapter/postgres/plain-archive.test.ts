import {randomBytes} from 'node:crypto'
import {constants, zstdDecompressSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {compressed, plainArchive} from '../../../src/lib/adapters/postgres/plain-archive.ts'
import type {Bytes} from '../../../src/lib/ports.ts'

const archive = Buffer.concat([Buffer.from('PGDMP'), randomBytes(300_000), Buffer.alloc(2_000_000, 'rows and rows '), randomBytes(70_000)])

async function* inParts(bytes: Uint8Array, size: number): Bytes {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function collect(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const outside = () => collect(compressed(inParts(archive, 64_000)))

describe('an archive that was compressed around', () => {
  test('is one frame that any zstd can read, with a checksum', async () => {
    const bytes = await outside()
    expect(zstdDecompressSync(bytes).equals(archive)).toBe(true)
    expect(bytes[4]! & 0b100).toBe(0b100)
    expect(constants.ZSTD_c_checksumFlag).toBeDefined()
  })

  test.each([1, 3, 1021, 4_000_000])('comes back whole when it comes in pieces of %i bytes', async (size) => {
    const bytes = size < 10 ? await collect(compressed(inParts(archive.subarray(0, 9000), 4096))) : await outside()
    expect((await collect(plainArchive(inParts(bytes, size)))).equals(size < 10 ? archive.subarray(0, 9000) : archive)).toBe(true)
  })

  test.each([5, 50, 95])('cut at %i percent is corrupt, and never a shorter dump', async (percent) => {
    const bytes = await outside()
    const cut = bytes.subarray(0, Math.floor((bytes.length * percent) / 100))
    await expect(collect(plainArchive(inParts(cut, 10_000)))).rejects.toMatchObject({kind: 'corrupt'})
  })

  test('with a byte turned over is corrupt', async () => {
    const bytes = await outside()
    bytes[150_000]! ^= 1
    await expect(collect(plainArchive(inParts(bytes, 10_000)))).rejects.toMatchObject({kind: 'corrupt'})
  })

  test('tells what made the dump fail, and not that it was cut', async () => {
    const failing = async function* (): Bytes {
      yield archive.subarray(0, 1000)
      throw new Error('pg_dump was ended')
    }
    await expect(collect(compressed(failing()))).rejects.toThrow('pg_dump was ended')
    await expect(collect(plainArchive(compressed(failing())))).rejects.toThrow('pg_dump was ended')
  })

  test('closes what it reads from when nobody reads on', async () => {
    let closed = false
    const source = async function* (): Bytes {
      try {
        for (;;) yield archive
      } finally {
        closed = true
      }
    }
    for await (const chunk of plainArchive(compressed(source()))) if (chunk.length > 0) break
    await expect.poll(() => closed).toBe(true)
  })
})

test.each([0, 3, 4, 100_000])('an archive of %i bytes that was not compressed around passes as it is', async (size) => {
  const bytes = archive.subarray(0, size)
  expect((await collect(plainArchive(inParts(bytes, 2)))).equals(bytes)).toBe(true)
})
