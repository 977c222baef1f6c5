import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {join} from 'node:path'
import type {Member} from '../../domain/backup-set.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {accessError} from './access.ts'

const readChunk = 1024 * 1024

/** Streams a member of a set. Throws `corrupt` when it is missing or, after its last byte, when it is not what was written. */
export function readVerified(folder: string, member: Member): Bytes {
  const path = join(folder, member.name)
  return verified(readChunks(path, member.name), path, () => member)
}

/** Passes on what is stored at `path`. Throws `corrupt`, after the last byte, when it is not what was written, which is asked for only then. */
export async function* verified(stored: Bytes, path: string, written: () => Pick<Member, 'bytes' | 'sha256'>): Bytes {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stored) {
    hash.update(chunk)
    bytes += chunk.length
    yield chunk
  }
  const expected = written()
  if (bytes !== expected.bytes) throw corrupt(`${path} has ${bytes} bytes; ${expected.bytes} were written.`)
  if (hash.digest('hex') !== expected.sha256) throw corrupt(`${path} is damaged: its SHA-256 is not the one recorded when it was written.`)
}

async function* readChunks(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, {highWaterMark: readChunk})) yield chunk as Uint8Array
  } catch (error) {
    throw (error as {code?: string}).code === 'ENOENT' ? corrupt(`${name} is missing: ${path}`) : accessError(path, error)
  }
}

function corrupt(message: string): OperatorError {
  return new OperatorError('corrupt', message, {hint: 'Use another backup: sparkone restore --list'})
}
