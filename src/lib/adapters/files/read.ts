import {createHash} from 'node:crypto'
import {pipeline, Readable, Transform, type TransformCallback, type Writable} from 'node:stream'
import {createZstdDecompress} from 'node:zlib'
import {extract} from 'tar-stream'
import {assertInside, type ArchivedEntry, type FileEntry} from '../../domain/file-archive.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {entryOf} from './header.ts'

/**
 * Calls `visit` for each entry of an archive, in order; contents that it leaves unread are passed over. Throws `corrupt` for an archive that is cut
 * or damaged, `refused` for entries that would lead out of the folder or are no files, folders or links.
 */
export async function readArchive(archive: Bytes, visit: (entry: FileEntry, contents: Bytes) => Promise<void>): Promise<void> {
  const reader = extract()
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  const end = new ArchiveEnd()
  const sources = [Readable.from(archive, {objectMode: false}), createZstdDecompress(), end, reader as unknown as Writable]
  pipeline(sources, (error) => (error ? reject(error) : resolve()))
  try {
    for await (const source of reader) {
      const entry = entryOf(source.header)
      assertInside(entry.path)
      if (entry.type === 'hardlink') assertInside(entry.target ?? '')
      await visit(entry, source as Bytes)
      source.resume()
    }
    await promise
    if (!end.isThere) throw cutShort()
  } catch (error) {
    reader.destroy()
    throw explained(error)
  }
}

/** Reads an archive to its end and returns what is in it. Throws as `readArchive` does. */
export async function listArchive(archive: Bytes): Promise<ArchivedEntry[]> {
  const entries: ArchivedEntry[] = []
  await readArchive(archive, async (entry, contents) => {
    entries.push({...entry, sha256: entry.type === 'file' ? await hashOf(contents) : null})
  })
  return entries
}

async function hashOf(contents: Bytes): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of contents) hash.update(chunk)
  return hash.digest('hex')
}

function explained(error: unknown): unknown {
  if (error instanceof OperatorError) return error
  const {code = '', message = ''} = error as {code?: string; message?: string}
  const isDamage = /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) || /tar header|Unexpected end|Invalid header|Header exceeds|aborted/i.test(message)
  if (!isDamage) return error
  return cutShort(error)
}

function cutShort(cause?: unknown): OperatorError {
  return new OperatorError('corrupt', 'The archive of files is cut short or damaged.', {
    hint: 'Use another backup: sparkone restore --list',
    cause,
  })
}

const endBytes = 1024

/** Passes an archive on and watches for the two empty blocks at its end, without which the reader takes a cut for the end. */
class ArchiveEnd extends Transform {
  #tail = Buffer.alloc(0)

  get isThere(): boolean {
    return this.#tail.equals(Buffer.alloc(endBytes))
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-endBytes)]).subarray(-endBytes)
    done(null, chunk)
  }
}
