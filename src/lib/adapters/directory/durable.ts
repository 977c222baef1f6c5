import {createHash} from 'node:crypto'
import {open, rename, rm} from 'node:fs/promises'
import {dirname} from 'node:path'
import type {Bytes} from '../../ports.ts'
import {explainAccess} from './access.ts'

/** Programs write pieces of 4 KiB and more; each that went to the disk, and was read back, by itself would cost more than what is in it. */
const batchBytes = 256 * 1024

/** Writes a new file to stable storage, readable by its owner alone, and tells how far it has come. Returns bytes and SHA-256. Throws `noSpace`. */
export async function writeDurably(
  path: string,
  bytes: Bytes,
  written: (bytes: number) => void = () => {},
): Promise<{bytes: number; sha256: string}> {
  const hash = createHash('sha256')
  let size = 0
  await using file = await explainAccess(path, () => open(path, 'wx', 0o600))
  for await (const chunk of inBatches(bytes)) {
    hash.update(chunk)
    await write(file, chunk, path)
    size += chunk.length
    written(size)
  }
  await explainAccess(path, () => file.sync())
  return {bytes: size, sha256: hash.digest('hex')}
}

/** Puts text in place of a file so that readers see the old one or the new one, also after a power cut. Throws `noSpace`. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  // One that a run which died left behind says nothing and is overwritten.
  const temporary = `${path}.tmp`
  await explainAccess(path, async () => {
    try {
      await using file = await open(temporary, 'w', 0o600)
      await file.writeFile(text)
      await file.sync()
    } catch (error) {
      await rm(temporary, {force: true})
      throw error
    }
    await renameDurably(temporary, path)
  })
}

/** Renames and makes the new name survive a power cut. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncFolder(dirname(to))
}

export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** Passes the same bytes on in larger pieces, each of which holds only until the next is asked for. */
async function* inBatches(bytes: Bytes): Bytes {
  const batch = Buffer.allocUnsafeSlow(batchBytes)
  let length = 0
  for await (const chunk of bytes) {
    for (let offset = 0; offset < chunk.length;) {
      const taken = Math.min(chunk.length - offset, batchBytes - length)
      batch.set(chunk.subarray(offset, offset + taken), length)
      length += taken
      offset += taken
      if (length < batchBytes) continue
      yield batch
      length = 0
    }
  }
  if (length > 0) yield batch.subarray(0, length)
}

async function write(
  file: {write(chunk: Uint8Array, offset: number): Promise<{bytesWritten: number}>},
  chunk: Uint8Array,
  path: string,
): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const {bytesWritten} = await explainAccess(path, () => file.write(chunk, offset))
    offset += bytesWritten
  }
}
