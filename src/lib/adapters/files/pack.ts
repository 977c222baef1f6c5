import {createHash} from 'node:crypto'
import {once, type EventEmitter} from 'node:events'
import {constants} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline, Readable} from 'node:stream'
import {constants as zlib, createZstdCompress} from 'node:zlib'
import {pack as openPack, type Pack} from 'tar-stream'
import type {ArchivedEntry, FileEntry} from '../../domain/file-archive.ts'
import {abortError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import type {PackedFiles} from '../../ports/project-files.ts'
import {problemOf} from './find.ts'
import {headerOf} from './header.ts'

/** zstd's own default: four times faster than the disk of a small server, with a checksum in the frame. */
const compression = {[zlib.ZSTD_c_compressionLevel]: 3, [zlib.ZSTD_c_checksumFlag]: 1}
const readChunk = 1024 * 1024
/** A file that changes while it is read is read so many times before it is given up. */
const attempts = 3
/** Smaller files are held in memory, so that only one that stood still goes into the archive. */
const heldBytes = 1024 * 1024

export interface PackOptions {
  folder: string
  signal: AbortSignal
  /** Gives whoever writes a file time to end. */
  pause: () => Promise<void>
}

type Packed = Pick<PackedFiles, 'stored' | 'problems'>

/** Packs the entries into tar, compressed by zstd. */
export function packFiles(entries: readonly FileEntry[], options: PackOptions): PackedFiles {
  const packed: Packed = {stored: [], problems: []}
  return {...packed, bytes: compressed(entries, packed, options)}
}

async function* compressed(entries: readonly FileEntry[], packed: Packed, options: PackOptions): Bytes {
  const pack = openPack()
  const writing = new Packer(pack, packed, options).addAll(entries)
  // Whoever reads the bytes learns of a failure, since the pack ends with it.
  writing.catch((error: Error) => pack.destroy(error))
  const compressor = createZstdCompress({params: compression})
  try {
    for await (const chunk of pipeline(Readable.from(pack as Bytes, {objectMode: false}), compressor, () => undefined))
      yield chunk as Uint8Array
    await writing
  } finally {
    pack.destroy()
    // The file that is being read is closed before whoever asked goes on; what failed was thrown above.
    await writing.catch(() => undefined)
  }
}

class Packer {
  readonly #pack: Pack
  readonly #packed: Packed
  readonly #options: PackOptions
  readonly #closed: Promise<unknown>
  readonly #paths = new Set<string>()

  constructor(pack: Pack, packed: Packed, options: PackOptions) {
    this.#pack = pack
    this.#packed = packed
    this.#options = options
    this.#closed = once(pack as unknown as EventEmitter, 'close')
    this.#closed.catch(() => undefined)
  }

  async addAll(entries: readonly FileEntry[]): Promise<void> {
    for (const entry of entries) {
      if (this.#options.signal.aborted) throw abortError(this.#options.signal)
      if (entry.type === 'file') await this.#addFile(entry)
      else if (entry.type !== 'hardlink' || this.#paths.has(entry.target ?? '')) await this.#addHeader({...entry, sha256: null})
      // What it is another name of could not be read, and neither can it.
      else this.#packed.problems.push({path: entry.path, fault: 'unreadable', message: `as ${entry.target}, which is the same file`})
    }
    this.#pack.finalize()
  }

  #note(entry: ArchivedEntry): void {
    this.#packed.stored.push(entry)
    this.#paths.add(entry.path)
  }

  async #addHeader(entry: ArchivedEntry, contents: Buffer = Buffer.alloc(0)): Promise<void> {
    const {promise, resolve, reject} = Promise.withResolvers<void>()
    const header = headerOf(entry)
    const done = (error?: Error | null) => (error ? reject(error) : resolve())
    if (entry.type === 'file') this.#pack.entry(header, contents, done)
    else this.#pack.entry(header, done)
    await Promise.race([promise, this.#closed])
    this.#note(entry)
  }

  async #addFile(entry: FileEntry): Promise<void> {
    try {
      // Neither a link that took the place of the file nor a pipe is opened.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      for (let attempt = 1; ; attempt += 1) {
        await using file = await open(join(this.#options.folder, entry.path), flags)
        const before = await stateOf(file)
        if (!before.isFile) throw Object.assign(new Error('it is no file any more'), {code: 'ENXIO'})
        const isLast = attempt === attempts
        const isWhole = await this.#addOpened({...entry, ...before.entry}, file, isLast)
        if (isWhole) return
        if (isLast) break
        await this.#options.pause()
      }
      this.#packed.problems.push({path: entry.path, fault: 'changed', message: `it changed each of the ${attempts} times it was read`})
    } catch (error) {
      if (this.#pack.destroying || this.#options.signal.aborted) throw error
      this.#packed.problems.push(problemOf(entry.path, error))
    }
  }

  /** Returns whether the file stood still while it was read. */
  async #addOpened(entry: FileEntry, file: FileHandle, isLast: boolean): Promise<boolean> {
    return entry.bytes <= heldBytes ? this.#addHeld(entry, file, isLast) : this.#addStreamed(entry, file)
  }

  async #addHeld(entry: FileEntry, file: FileHandle, isLast: boolean): Promise<boolean> {
    const before = await stateOf(file)
    const chunks: Uint8Array[] = []
    for await (const chunk of contentsOf(file, entry.bytes)) chunks.push(chunk)
    const contents = Buffer.concat(chunks)
    const isStill = contents.length === entry.bytes && (await stateOf(file)).version === before.version
    const sha256 = createHash('sha256').update(contents).digest('hex')
    if (isStill || isLast) await this.#addHeader({...entry, bytes: contents.length, sha256}, contents)
    return isStill
  }

  /** What was written cannot be taken back: one that changed is stored again behind, and the last of a name is the one that counts. */
  async #addStreamed(entry: FileEntry, file: FileHandle): Promise<boolean> {
    const before = await stateOf(file)
    const hash = createHash('sha256')
    const {promise, resolve, reject} = Promise.withResolvers<void>()
    const sink = this.#pack.entry(headerOf(entry), (error) => (error ? reject(error) : resolve()))
    promise.catch(() => undefined)
    let written = 0
    for await (const chunk of padded(contentsOf(file, entry.bytes), entry.bytes, (bytes) => (written = bytes))) {
      if (this.#options.signal.aborted) throw abortError(this.#options.signal)
      hash.update(chunk)
      if (!sink.write(chunk)) await Promise.race([once(sink as unknown as EventEmitter, 'drain'), this.#closed])
      if (this.#pack.destroying) throw new Error('nobody reads the archive any more')
    }
    sink.end(null)
    await Promise.race([promise, this.#closed])
    this.#note({...entry, sha256: hash.digest('hex')})
    return written === entry.bytes && (await stateOf(file)).version === before.version
  }
}

interface FileState {
  isFile: boolean
  /** Differs whenever the contents may. */
  version: string
  entry: Pick<FileEntry, 'mode' | 'userId' | 'groupId' | 'modifiedAt' | 'bytes'>
}

async function stateOf(file: FileHandle): Promise<FileState> {
  const status = await file.stat({bigint: true})
  return {
    isFile: status.isFile(),
    version: `${status.size} ${status.mtimeNs} ${status.ctimeNs}`,
    entry: {
      mode: Number(status.mode) & 0o7777,
      userId: Number(status.uid),
      groupId: Number(status.gid),
      modifiedAt: Math.round(Number(status.mtimeNs) / 1000) / 1000,
      bytes: Number(status.size),
    },
  }
}

async function* contentsOf(file: FileHandle, bytes: number): Bytes {
  for (let position = 0; position < bytes;) {
    const buffer = Buffer.allocUnsafe(Math.min(readChunk, bytes - position))
    const {bytesRead} = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** The header has told how long the entry is, so one that was cut in between is filled with zeros; `told` hears what was really there. */
async function* padded(contents: Bytes, bytes: number, told: (bytes: number) => void): Bytes {
  let written = 0
  for await (const chunk of contents) {
    written += chunk.length
    told(written)
    yield chunk
  }
  for (; written < bytes; written += readChunk) yield Buffer.alloc(Math.min(readChunk, bytes - written))
}
