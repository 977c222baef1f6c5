import {Readable} from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
  type CompletedPart,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import {OperatorError} from '../../errors.ts'
import type {Removal} from '../../ports.ts'
import type {Connection} from './connection.ts'
import {statusOf, WrongAnswer} from './failures.ts'
import {placingOf, type Placing} from './placing.ts'
import {assertReceived, bare, describeBody} from './received.ts'
import {signedWith} from './signing.ts'
import type {Throttle} from './throttle.ts'

export interface BucketOptions extends Placing {
  bucket: string
  throttle: Throttle | null
}

/** What the store says of an object. `metadata` is null where only listing is allowed. */
export interface ObjectFacts {
  bytes: number
  etag: string
  /** Checksum over the checksums of the parts, or of the whole where it came in one piece; null where the store keeps none. */
  sha256: string | null
  metadata: Readonly<Record<string, string>> | null
  /** Until when the store lets nobody change it; null where it is not locked, or that cannot be asked. */
  lockedUntil: Date | null
}

/** A part as the store has it. `sha256` is in base64, null where the store keeps none. */
export interface StoredPart {
  number: number
  bytes: number
  etag: string
  sha256: string | null
}

export interface Upload {
  key: string
  uploadId: string
  startedAt: Date
}

/**
 * The objects and uploads of one bucket: requests, and whether their answers can be right. Not called Bucket, since the compiler (TypeScript 7.0)
 * then takes the key `Bucket` of a request for the class, and writes another name in its place.
 */
export class ObjectBucket {
  readonly #connection: Connection
  readonly #options: BucketOptions
  /** It has answered with the SHA-256 of what it received: what it keeps is compared by that, and needs no MD5. */
  #knowsSha256 = false

  constructor(connection: Connection, options: BucketOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** Stores a small object with its SHA-256 and MD5, which the store compares with what it received. */
  async put(key: string, body: Uint8Array): Promise<ObjectFacts> {
    const sent = describeBody(body, {withMd5: true})
    return this.#connection.run(`store ${nameOf(key)}`, async (client, options) => {
      const command = new PutObjectCommand({
        ...this.#where(key),
        ...this.#placing(key),
        Body: body,
        ...sent.fields,
        Metadata: {sha256: sent.sha256.toString('hex')},
      })
      const {ETag, ChecksumSHA256} = await client.send(signedWith(command, sent.sha256), options)
      assertReceived(nameOf(key), {ETag, ChecksumSHA256}, sent, this.#options.encryption)
      return {bytes: body.length, etag: bare(ETag), sha256: ChecksumSHA256 ?? null, metadata: null, lockedUntil: null}
    })
  }

  /** Begins an upload in parts and returns its id. `partBytes` is remembered with the object. */
  begin(key: string, partBytes: number): Promise<string> {
    return this.#connection.run(`begin an upload of ${nameOf(key)}`, async (client, options) => {
      const command = new CreateMultipartUploadCommand({
        ...this.#where(key),
        ...this.#placing(key),
        ChecksumAlgorithm: 'SHA256',
        Metadata: {'part-bytes': String(partBytes)},
      })
      const {UploadId} = await client.send(command, options)
      if (!UploadId) throw new WrongAnswer('no upload id')
      return UploadId
    })
  }

  /** Sends one part with its SHA-256; what the store says it received is compared with what was sent. */
  sendPart(upload: Pick<Upload, 'key' | 'uploadId'>, number: number, body: Uint8Array): Promise<StoredPart> {
    const sent = describeBody(body, {withMd5: !this.#knowsSha256})
    const {throttle} = this.#options
    return this.#connection.run(`take part ${number} of ${nameOf(upload.key)}`, async (client, options) => {
      const command = new UploadPartCommand({
        ...this.#where(upload.key),
        UploadId: upload.uploadId,
        PartNumber: number,
        Body: throttle ? Readable.from(throttle.pace(body, options.abortSignal), {objectMode: false}) : body,
        ...sent.fields,
      })
      const {ETag, ChecksumSHA256} = await client.send(signedWith(command, sent.sha256), options)
      assertReceived(nameOf(upload.key), {ETag, ChecksumSHA256}, sent, this.#options.encryption)
      this.#knowsSha256 ||= ChecksumSHA256 !== undefined
      return {number, bytes: body.length, etag: bare(ETag), sha256: ChecksumSHA256 ?? null}
    })
  }

  /** Makes one object of the parts and returns its ETag, null where the answer was lost. An answer can be a success and hold an error; the body decides. */
  complete({key, uploadId}: Pick<Upload, 'key' | 'uploadId'>, parts: readonly StoredPart[]): Promise<string | null> {
    const Parts = parts.map(({number, etag, sha256}): CompletedPart => ({
      PartNumber: number,
      ETag: `"${etag}"`,
      ...(sha256 !== null && {ChecksumSHA256: sha256}),
    }))
    return this.#connection.run(`put ${nameOf(key)} together`, async (client, options) => {
      try {
        const command = new CompleteMultipartUploadCommand({...this.#where(key), UploadId: uploadId, MultipartUpload: {Parts}})
        const {ETag, Key} = await client.send(command, options)
        if (!ETag && !Key) throw new WrongAnswer('an answer without a word of the object')
        return ETag ? bare(ETag) : null
      } catch (error) {
        // An earlier attempt whose answer was lost has used the upload up; whether the object is right is looked at next.
        if ((error as Error).name === 'NoSuchUpload' && (await this.facts(key)) !== null) return null
        throw error
      }
    })
  }

  /** Sees to it that an object is locked as configured: some stores forget the lock of an upload in parts. Throws `failed` where it cannot be had. */
  async assureLock(key: string, stored: ObjectFacts): Promise<void> {
    const {objectLock} = this.#options
    if (objectLock === null || stored.lockedUntil !== null) return
    const {ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate} = this.#placing(key)
    await this.#connection.run(`lock ${nameOf(key)}`, (client, options) =>
      client.send(new PutObjectRetentionCommand({...this.#where(key), Retention: {Mode, RetainUntilDate}}), options),
    )
    const again = stored.metadata === null ? null : await this.facts(key)
    if (again !== null && again.lockedUntil === null) {
      throw new OperatorError('failed', `${nameOf(key)} is not locked, although the store was asked to.`, {
        hint: 'Make a bucket with Object Lock, or remove objectLock from the target.',
      })
    }
  }

  /** Returns what the store has under a name, by asking for it or, where that is forbidden, by listing; null where there is nothing. */
  async facts(key: string): Promise<ObjectFacts | null> {
    try {
      return await this.#connection.attempt(async (client, options) => {
        const {ContentLength, ETag, ChecksumSHA256, Metadata, ObjectLockRetainUntilDate} = await client.send(
          new HeadObjectCommand({...this.#where(key), ChecksumMode: 'ENABLED'}),
          options,
        )
        return {
          bytes: ContentLength ?? -1,
          etag: bare(ETag),
          sha256: ChecksumSHA256 ?? null,
          metadata: Metadata ?? {},
          lockedUntil: ObjectLockRetainUntilDate ?? null,
        }
      })
    } catch (error) {
      if (statusOf(error) === 404) return null
      if (statusOf(error) === 403) return this.#listed(key)
      throw this.#connection.explain(error, `say what it has of ${nameOf(key)}`)
    }
  }

  /** Removes an object. Returns `hidden` where the store has only put a marker over it, as buckets with versions or Object Lock do. */
  async remove(key: string): Promise<Removal> {
    const {DeleteMarker} = await this.#connection.run(`remove ${nameOf(key)}`, (client, options) =>
      client.send(new DeleteObjectCommand(this.#where(key)), options),
    )
    return DeleteMarker === true ? 'hidden' : 'removed'
  }

  /** Returns the uploads below a prefix that were begun and not ended, oldest first. */
  async uploads(prefix: string): Promise<Upload[]> {
    const found: Upload[] = []
    for (let marker: {KeyMarker?: string; UploadIdMarker?: string} | null = {}; marker !== null;) {
      const position: {KeyMarker?: string; UploadIdMarker?: string} = marker
      const page: ListMultipartUploadsCommandOutput = await this.#connection.run('list its unfinished uploads', (client, options) =>
        client.send(new ListMultipartUploadsCommand({Bucket: this.#options.bucket, Prefix: prefix, ...position}), options),
      )
      for (const {Key, UploadId, Initiated} of page.Uploads ?? []) {
        if (Key && UploadId) found.push({key: Key, uploadId: UploadId, startedAt: Initiated ?? new Date(0)})
      }
      marker =
        page.IsTruncated && page.NextKeyMarker ? {KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker ?? ''} : null
    }
    return found.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
  }

  async parts({key, uploadId}: Pick<Upload, 'key' | 'uploadId'>): Promise<StoredPart[]> {
    const found: StoredPart[] = []
    for (let marker: string | undefined | null; marker !== null;) {
      const position: {PartNumberMarker?: string} = marker === undefined ? {} : {PartNumberMarker: marker}
      const page = await this.#connection.run(`list the parts of ${nameOf(key)}`, (client, options) =>
        client.send(new ListPartsCommand({...this.#where(key), UploadId: uploadId, ...position}), options),
      )
      for (const {PartNumber, Size, ETag, ChecksumSHA256} of page.Parts ?? []) {
        if (PartNumber) found.push({number: PartNumber, bytes: Size ?? 0, etag: bare(ETag), sha256: ChecksumSHA256 ?? null})
      }
      marker = page.IsTruncated && page.NextPartNumberMarker ? String(page.NextPartNumberMarker) : null
    }
    return found
  }

  /** Gives an upload up; the store forgets its parts. One that is gone already is no failure. */
  async abort({key, uploadId}: Pick<Upload, 'key' | 'uploadId'>): Promise<void> {
    await this.#connection.run(`give up the upload of ${nameOf(key)}`, async (client, options) => {
      try {
        await client.send(new AbortMultipartUploadCommand({...this.#where(key), UploadId: uploadId}), options)
      } catch (error) {
        if (statusOf(error) !== 404) throw error
      }
    })
  }

  async #listed(key: string): Promise<ObjectFacts | null> {
    const {Contents = []} = await this.#connection.run(`list ${nameOf(key)}`, (client, options) =>
      client.send(new ListObjectsV2Command({Bucket: this.#options.bucket, Prefix: key, MaxKeys: 1}), options),
    )
    const [found] = Contents
    if (!found || found.Key !== key) return null
    return {bytes: found.Size ?? -1, etag: bare(found.ETag), sha256: null, metadata: null, lockedUntil: null}
  }

  #where(key: string): {Bucket: string; Key: string} {
    return {Bucket: this.#options.bucket, Key: key}
  }

  #placing(key: string) {
    return placingOf(key, this.#options, this.#connection.clock.now())
  }
}

/** The last part of a key: what people call it. */
function nameOf(key: string): string {
  return key.split('/').slice(-2).join('/')
}
