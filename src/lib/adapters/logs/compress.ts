import {createHash} from 'node:crypto'
import {createReadStream, createWriteStream, type Stats} from 'node:fs'
import {chmod, chown, link, lstat, open, rm, unlink, utimes} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {promisify} from 'node:util'
import {createGunzip, createGzip, gzip} from 'node:zlib'
import {OperatorError} from '../../errors.ts'
import {syncFile} from './sync-file.ts'

const compressInMemory = promisify(gzip)

/** As logrotate calls gzip. */
const level = 6
/** Files up to this size are compressed in one piece, which spares most of what many small ones cost. */
const wholeBytes = 256 * 1024
const pieceBytes = 256 * 1024

/** Puts `path`.gz in the place of a file, with its mode, owner and time. What is there already is left alone, unless it is the same. */
export async function compressLog(path: string, signal: AbortSignal): Promise<void> {
  const status = await lstat(path)
  const compressed = `${path}.gz`
  const draft = draftOf(path)
  try {
    await write(path, draft, status, signal)
    await keep(draft, status)
    await place(draft, compressed, path, signal)
    await unlink(path)
  } finally {
    await rm(draft, {force: true})
  }
}

/** A name that no pattern for logs fits. */
export function draftOf(path: string): string {
  const slash = path.lastIndexOf('/') + 1
  return `${path.slice(0, slash)}.${path.slice(slash)}.sparkone`
}

/** Gives a file mode and owner of another, and its time. */
export async function keep(path: string, {uid, gid, mode, atime, mtime}: Stats): Promise<void> {
  // Only root may give files away; for anybody else they are their own already.
  if (process.getuid?.() === 0) await chown(path, uid, gid)
  await chmod(path, mode & 0o7777)
  await utimes(path, atime, mtime)
}

async function write(path: string, draft: string, {size}: Stats, signal: AbortSignal): Promise<void> {
  await rm(draft, {force: true})
  if (size > wholeBytes) {
    const source = createReadStream(path, {highWaterMark: pieceBytes})
    const target = createWriteStream(draft, {flags: 'wx', mode: 0o600, highWaterMark: pieceBytes})
    await pipeline(source, createGzip({level, chunkSize: pieceBytes}), target, {signal})
    return syncFile(draft)
  }
  await using source = await open(path, 'r')
  const bytes = await compressInMemory(await source.readFile(), {level})
  await using target = await open(draft, 'wx', 0o600)
  await target.writeFile(bytes)
  await target.sync()
}

/** Linking fails where there is a file already, and renaming would not. */
async function place(draft: string, compressed: string, original: string, signal: AbortSignal): Promise<void> {
  try {
    await link(draft, compressed)
  } catch (error) {
    if ((error as {code?: string}).code !== 'EEXIST') throw error
    // A run that was killed between placing the one and removing the other leaves both.
    if ((await digest(compressed, true, signal)) === (await digest(original, false, signal))) return
    throw new OperatorError('failed', `${original} cannot be compressed: ${compressed} is there, and holds something else.`, {
      hint: 'Give one of them another name.',
    })
  }
}

/** Null where the file is no whole archive. */
async function digest(path: string, isCompressed: boolean, signal: AbortSignal): Promise<string | null> {
  const hash = createHash('sha256')
  const source = createReadStream(path, {highWaterMark: pieceBytes})
  try {
    if (isCompressed) await pipeline(source, createGunzip(), hash, {signal})
    else await pipeline(source, hash, {signal})
    return hash.digest('hex')
  } catch (error) {
    if (signal.aborted || !isCompressed) throw error
    return null
  }
}
