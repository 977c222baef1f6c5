import {createHash} from 'node:crypto'

export interface StoredObject {
  bytes: Buffer
  etag: string
  /** As the store would answer it; null where it keeps none. */
  sha256: string | null
  metadata: Record<string, string>
  headers: Record<string, string>
  at: Date
}

export interface StoredUpload {
  key: string
  startedAt: Date
  metadata: Record<string, string>
  parts: Map<number, {bytes: Buffer; etag: string; sha256: string | null}>
}

/** What one bucket holds. */
export class BucketMemory {
  readonly objects = new Map<string, StoredObject>()
  readonly uploads = new Map<string, StoredUpload>()
  /** Whether checksums are kept, as newer stores do. */
  keepsChecksums = true
  #ids = 0
  #sorted: readonly string[] = []

  put(key: string, bytes: Buffer, headers: Record<string, string>): StoredObject {
    const object = {
      bytes,
      etag: md5(bytes).toString('hex'),
      sha256: this.keepsChecksums ? sha256(bytes).toString('base64') : null,
      metadata: metadataIn(headers),
      headers,
      at: new Date(),
    }
    this.objects.set(key, object)
    return object
  }

  /** Returns up to `most` names with a prefix that come after another, and whether there are more. */
  list(prefix: string, after: string, most: number): {keys: string[]; more: boolean} {
    if (this.#sorted.length !== this.objects.size || this.#sorted.some((key) => !this.objects.has(key))) {
      this.#sorted = [...this.objects.keys()].toSorted()
    }
    const from = this.#sorted.findIndex((key) => key > after && key.startsWith(prefix))
    const found = from < 0 ? [] : this.#sorted.slice(from, from + most + 1).filter((key) => key.startsWith(prefix))
    return {keys: found.slice(0, most), more: found.length > most}
  }

  begin(key: string, headers: Record<string, string>): string {
    const id = `upload-${(this.#ids += 1)}`
    this.uploads.set(id, {key, startedAt: new Date(), metadata: metadataIn(headers), parts: new Map()})
    return id
  }

  sendPart(id: string, number: number, bytes: Buffer): {etag: string; sha256: string | null} | null {
    const part = {bytes, etag: md5(bytes).toString('hex'), sha256: this.keepsChecksums ? sha256(bytes).toString('base64') : null}
    this.uploads.get(id)?.parts.set(number, part)
    return this.uploads.has(id) ? part : null
  }

  /** Returns null for an upload that is not there, and throws what a store answers to parts it does not have. */
  complete(id: string, wanted: readonly {number: number; etag: string}[]): StoredObject | null {
    const upload = this.uploads.get(id)
    if (!upload) return null
    const parts = wanted.map(({number, etag}) => {
      const part = upload.parts.get(number)
      if (part?.etag !== etag) throw new Error('InvalidPart')
      return part
    })
    if (parts.slice(0, -1).some(({bytes}) => bytes.length < 5 * 1024 * 1024)) throw new Error('EntityTooSmall')
    const object = {
      bytes: Buffer.concat(parts.map(({bytes}) => bytes)),
      etag: `${md5(Buffer.concat(parts.map(({etag}) => Buffer.from(etag, 'hex')))).toString('hex')}-${parts.length}`,
      sha256: this.keepsChecksums
        ? `${sha256(Buffer.concat(parts.map((part) => Buffer.from(part.sha256!, 'base64')))).toString('base64')}-${parts.length}`
        : null,
      metadata: upload.metadata,
      headers: {},
      at: new Date(),
    }
    this.uploads.delete(id)
    this.objects.set(upload.key, object)
    return object
  }
}

export function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest()
}

const hashed = new WeakMap<Buffer, Buffer>()

/** Taken once of each body, as stores do, however many headers it is compared with. */
export function sha256(bytes: Buffer): Buffer {
  const hash = hashed.get(bytes) ?? createHash('sha256').update(bytes).digest()
  hashed.set(bytes, hash)
  return hash
}

function metadataIn(headers: Record<string, string>): Record<string, string> {
  const prefix = 'x-amz-meta-'
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}
