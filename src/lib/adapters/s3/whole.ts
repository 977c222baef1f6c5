import {createHash} from 'node:crypto'
import {partBytes} from '../../domain/part-sizes.ts'
import type {Bytes} from '../../ports.ts'
import type {StoredPart} from './bucket.ts'
import {digest} from './received.ts'

/** Returns what a store should say of an object made of these parts: the digest of their digests and their number. Null where they tell too little. */
export function wholeOf(parts: readonly StoredPart[]): {etag: string | null; sha256: string | null} {
  const etags = parts.map(({etag}) => etag)
  const checksums = parts.map(({sha256}) => sha256)
  return {
    etag: etags.every((etag) => /^[0-9a-f]{32}$/.test(etag)) ? etagOf(etags.map((etag) => Buffer.from(etag, 'hex'))) : null,
    sha256: checksums.every((checksum) => checksum !== null)
      ? checksumOf(checksums.map((checksum) => Buffer.from(checksum, 'base64')))
      : null,
  }
}

/** Reads bytes to their end, cut as an upload whose first part had `firstPart` bytes; 0 is an object that came in one piece. */
export async function measure(bytes: Bytes, firstPart: number): Promise<{bytes: number; sha256: string; etag: string; checksum: string}> {
  const whole = createHash('sha256')
  const [md5s, sha256s]: [Buffer[], Buffer[]] = [[], []]
  let size = 0
  let part = {md5: createHash('md5'), sha256: createHash('sha256'), left: partLength(1, firstPart), bytes: 0}
  const close = () => {
    md5s.push(part.md5.digest())
    sha256s.push(part.sha256.digest())
    part = {md5: createHash('md5'), sha256: createHash('sha256'), left: partLength(md5s.length + 1, firstPart), bytes: 0}
  }
  for await (const chunk of bytes) {
    whole.update(chunk)
    size += chunk.length
    for (let offset = 0; offset < chunk.length;) {
      const slice = chunk.subarray(offset, offset + part.left)
      part.md5.update(slice)
      part.sha256.update(slice)
      part.left -= slice.length
      part.bytes += slice.length
      offset += slice.length
      if (part.left === 0) close()
    }
  }
  if (part.bytes > 0) close()
  return {bytes: size, sha256: whole.digest('hex'), etag: etagOf(md5s), checksum: checksumOf(sha256s)}
}

function partLength(number: number, firstPart: number): number {
  return firstPart === 0 ? Number.POSITIVE_INFINITY : partBytes(number, firstPart)
}

function etagOf(md5s: readonly Buffer[]): string {
  return `${digest('md5', Buffer.concat(md5s)).toString('hex')}-${md5s.length}`
}

function checksumOf(sha256s: readonly Buffer[]): string {
  return `${digest('sha256', Buffer.concat(sha256s)).toString('base64')}-${sha256s.length}`
}
