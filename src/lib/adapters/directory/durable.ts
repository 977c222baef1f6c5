import {createHash} from 'node:crypto'
import {open, rename} from 'node:fs/promises'
import {dirname} from 'node:path'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'

/** Writes a new file to stable storage, readable by its owner alone. Returns bytes and SHA-256. Throws `noSpace`. */
export async function writeDurably(path: string, bytes: Bytes): Promise<{bytes: number; sha256: string}> {
  const hash = createHash('sha256')
  let size = 0
  await using file = await open(path, 'wx', 0o600)
  for await (const chunk of bytes) {
    hash.update(chunk)
    await write(file, chunk, path)
    size += chunk.length
  }
  await asOutOfSpace(path, () => file.sync())
  return {bytes: size, sha256: hash.digest('hex')}
}

/** Puts text in place of a file so that readers see the old one or the new one, also after a power cut. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  {
    await using file = await open(temporary, 'w', 0o600)
    await asOutOfSpace(path, () => file.writeFile(text))
    await file.sync()
  }
  await renameDurably(temporary, path)
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

async function write(
  file: {write(chunk: Uint8Array, offset: number): Promise<{bytesWritten: number}>},
  chunk: Uint8Array,
  path: string,
): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const {bytesWritten} = await asOutOfSpace(path, () => file.write(chunk, offset))
    offset += bytesWritten
  }
}

async function asOutOfSpace<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const {code} = error as {code?: string}
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    throw new OperatorError('noSpace', `No space is left in ${dirname(path)}.`, {hint: `Free some: df -h ${dirname(path)}`, cause: error})
  }
}
