import {createHash} from 'node:crypto'
import {WrongAnswer} from './failures.ts'
import type {Placing} from './placing.ts'

interface SentBody {
  body: Uint8Array
  sha256: Buffer
  /** What a request says of its body, so that the store can compare. */
  fields: {ContentLength: number; ContentMD5?: string; ChecksumSHA256: string}
}

interface Received {
  ETag: string | undefined
  ChecksumSHA256: string | undefined
}

/** Returns what is said of a body that is sent: its SHA-256, and its MD5, which takes longer than all the rest, where the store is not known to do without. */
export function describeBody(body: Uint8Array, {withMd5}: {withMd5: boolean}): SentBody {
  const sha256 = digest('sha256', body)
  const fields = {ContentLength: body.length, ChecksumSHA256: sha256.toString('base64')}
  return {body, sha256, fields: withMd5 ? {...fields, ContentMD5: digest('md5', body).toString('base64')} : fields}
}

/** Throws `WrongAnswer` where a store received something else than was sent. With keys of KMS an ETag is no MD5. */
export function assertReceived(name: string, {ETag, ChecksumSHA256}: Received, sent: SentBody, encryption: Placing['encryption']): void {
  const etag = bare(ETag)
  if (ChecksumSHA256 !== undefined) {
    if (ChecksumSHA256 === sent.sha256.toString('base64')) return
    throw new WrongAnswer(`${name} arrived with another SHA-256`)
  }
  const isMd5 = /^[0-9a-f]{32}$/.test(etag) && encryption?.algorithm !== 'aws:kms'
  if (etag === '' || (isMd5 && etag !== digest('md5', sent.body).toString('hex'))) throw new WrongAnswer(`${name} arrived with another MD5`)
}

/** Returns an ETag without its quotes. */
export function bare(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}

export function digest(algorithm: 'sha256' | 'md5', bytes: Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest()
}
