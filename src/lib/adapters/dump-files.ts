import {createReadStream} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import {PassThrough, pipeline, type Transform} from 'node:stream'
import {createGunzip, createZstdDecompress} from 'node:zlib'
import {OperatorError} from '../errors.ts'
import type {Bytes, DumpFile, DumpFiles} from '../ports.ts'

type Compression = 'none' | 'gzip' | 'zstd'

const magics: readonly (readonly [compression: Compression, bytes: Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  // A frame that only says how long the next one is, as pzstd writes it.
  ['zstd', Buffer.from([0x50, 0x2a, 0x4d, 0x18])],
]
/** A custom-format archive of pg_dump begins with these letters. */
const archiveMagic = 'PGDMP'
const tarMagic = {offset: 257, text: 'ustar'}
const headBytes = 512
const readChunk = 1024 * 1024

/** Dumps in the file system: custom-format archives and plain SQL, as they are or compressed by gzip or zstd. */
export const localDumpFiles: DumpFiles = {
  async find(path) {
    const bytes = await sizeOf(path)
    const compression = await compressionOf(path)
    const file = {path, bytes, open: () => contents(path, compression)}
    return {...file, format: await formatOf(file)}
  },
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: {code?: string}) => {
    if (error.code === 'EACCES') throw new OperatorError('denied', `${path} cannot be read: permission denied.`)
    throw new OperatorError('notFound', `There is no file ${path}.`, {hint: 'sparkone restore --list shows the backups there are.'})
  })
  if (found.isDirectory()) {
    throw new OperatorError('incompatible', `${path} is a folder.`, {hint: 'Name a dump file; backup sets are restored by their id.'})
  }
  if (found.size === 0) throw new OperatorError('corrupt', `${path} is empty.`, {hint: 'Whatever wrote it failed; use another backup.'})
  return found.size
}

async function compressionOf(path: string): Promise<Compression> {
  await using file = await open(path)
  const {buffer} = await file.read(Buffer.alloc(4), 0, 4, 0)
  return magics.find(([, magic]) => buffer.subarray(0, magic.length).equals(magic))?.[0] ?? 'none'
}

async function formatOf(file: Pick<DumpFile, 'path' | 'open'>): Promise<DumpFile['format']> {
  const head = await firstBytes(file.open())
  if (head.subarray(0, archiveMagic.length).toString('latin1') === archiveMagic) return 'archive'
  const {offset, text} = tarMagic
  if (head.subarray(offset, offset + text.length).toString('latin1') === text) {
    throw new OperatorError('incompatible', `${file.path} is a tar archive.`, {
      hint: 'Unpack it, or dump again with pg_dump --format=custom.',
    })
  }
  if (head.includes(0))
    throw new OperatorError('incompatible', `${file.path} is no dump that is known here.`, {
      hint: 'Custom format and plain SQL of pg_dump are.',
    })
  return 'script'
}

async function firstBytes(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= headBytes) break
  }
  return Buffer.concat(chunks).subarray(0, headBytes)
}

async function* contents(path: string, compression: Compression): Bytes {
  try {
    if (compression === 'zstd') yield* zstdFrames(path)
    else yield* decompressed(path, compression === 'gzip' ? createGunzip() : new PassThrough())
  } catch (error) {
    const {code = ''} = error as {code?: string}
    if (!/^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw error
    throw new OperatorError('corrupt', `${path} is cut short or damaged: it cannot be decompressed to its end.`, {
      hint: 'Get the whole file, or use another backup: sparkone restore --list',
      cause: error,
    })
  }
}

/** Parallel zstd writes one frame behind the other, and Node stops after the first without a word. */
async function* zstdFrames(path: string): Bytes {
  const {size} = await stat(path)
  for (let offset = 0; offset < size;) {
    const frame = createZstdDecompress()
    yield* decompressed(path, frame, offset)
    offset += frame.bytesWritten
  }
}

async function* decompressed(path: string, transform: Transform, start = 0): Bytes {
  const source = createReadStream(path, {start, highWaterMark: readChunk})
  try {
    // The failure reaches whoever reads the result, so the callback has nothing to add.
    for await (const chunk of pipeline(source, transform, () => undefined)) yield chunk as Uint8Array
  } finally {
    source.destroy()
  }
}
