import {Readable, pipeline} from 'node:stream'
import {constants, createZstdCompress, createZstdDecompress} from 'node:zlib'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'

const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const chunkBytes = 128 * 1024

/** Returns an archive as one frame of zstd, for programs that cannot compress like that themselves. */
export async function* compressed(archive: Bytes): Bytes {
  const frame = createZstdCompress({
    chunkSize: chunkBytes,
    // The checksum makes `zstd --test` worth something to whoever has nothing else at hand.
    params: {[constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1},
  })
  yield* through(archive, frame)
}

/** Returns an archive as `pg_restore` reads it, whether it was compressed around or not. Throws `corrupt` when it ends too soon. */
export async function* plainArchive(archive: Bytes): Bytes {
  const source = archive[Symbol.asyncIterator]()
  const head = await headOf(source)
  const whole = joined(head, source)
  if (!head.subarray(0, magic.length).equals(magic)) return yield* whole
  try {
    yield* through(whole, createZstdDecompress({chunkSize: chunkBytes}))
  } catch (error) {
    const {code = ''} = error as {code?: string}
    if (!/^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw error
    throw new OperatorError('corrupt', 'The dump is cut short or damaged: it cannot be decompressed to its end.', {
      hint: 'Use another backup: sparkone restore --list',
      cause: error,
    })
  }
}

async function headOf(source: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < magic.length) {
    const {value, done} = await source.next()
    if (done) break
    head = head.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([head, value])
  }
  return head
}

async function* joined(head: Uint8Array, source: AsyncIterator<Uint8Array>): Bytes {
  try {
    if (head.length > 0) yield head
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  } finally {
    await source.return?.()
  }
}

async function* through(bytes: Bytes, frame: ReturnType<typeof createZstdCompress>): Bytes {
  // What fails in between reaches whoever reads the result, so the callback has nothing to add.
  for await (const chunk of pipeline(Readable.from(bytes, {objectMode: false}), frame, () => undefined)) yield chunk as Uint8Array
}
