import type {BackupSet, Manifest, Member, MemberName} from '../../domain/backup-set.ts'
import {firstPartBytes} from '../../domain/part-sizes.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes, SetWriter} from '../../ports.ts'
import {sealed} from '../directory/sealed.ts'
import type {ObjectBucket, ObjectFacts, Upload} from './bucket.ts'
import {sendInParts, type Parted} from './parted-upload.ts'
import {Traffic} from './traffic.ts'
import {measure, wholeOf} from './whole.ts'

export interface CopyOptions {
  bucket: ObjectBucket
  /** Beginning of the keys of the set, without a slash at the end. */
  folder: string
  location: string
  expectedBytes: number | null
  partBytes: number | null
  concurrency: number
  /** Uploads that a dead run began for this set, oldest first. */
  earlier: readonly Upload[]
  /** Keys that the set has already, from a run that died before its manifest. */
  there: ReadonlySet<string>
  sleep(milliseconds: number): Promise<void>
  /** Is told what the store has of the manifest. */
  published(manifest: Manifest, stored: Pick<ObjectFacts, 'etag' | 'bytes'>): Promise<void>
}

/** A listing may lag behind what was stored; this is how long it is waited for, in milliseconds. */
const pauses = [200, 500, 1000, 2000, 4000]

/** A copy being written. Until it is published the bucket has unfinished uploads alone, so a backup that fails leaves no object behind. */
export class Copy implements SetWriter {
  readonly #options: CopyOptions
  readonly #written = new Map<MemberName, Parted>()
  readonly #begun: Pick<Upload, 'key' | 'uploadId'>[] = []
  readonly #traffic: Traffic

  constructor(options: CopyOptions) {
    this.#options = options
    this.#traffic = new Traffic(options.concurrency)
  }

  async write(name: MemberName, bytes: Bytes): Promise<Member> {
    const {bucket, expectedBytes, partBytes} = this.#options
    const key = this.#key(name)
    if (this.#options.there.has(key)) {
      const same = await this.#compareWithStored(key, bytes)
      if (same) return {name, ...same}
    }
    const firstPart = firstPartBytes(expectedBytes, partBytes)
    const earlier = this.#options.earlier.findLast((upload) => upload.key === key) ?? null
    const begun = (uploadId: string) => void this.#begun.push({key, uploadId})
    const parted = await this.#traffic.during(() => sendInParts(bytes, {bucket, key, firstPart, traffic: this.#traffic, earlier, begun}))
    this.#written.set(name, parted)
    return {name, bytes: parted.bytes, sha256: parted.sha256}
  }

  async publish(manifest: Manifest): Promise<BackupSet> {
    for (const [name, parted] of this.#written) await this.#conclude(name, parted)
    const text = Buffer.from(sealed(manifest))
    const stored = await this.#options.bucket.put(this.#key('manifest.json'), text)
    await this.#confirm('manifest.json', {bytes: text.length, etag: stored.etag, sha256: stored.sha256})
    await this.#options.published(manifest, stored)
    return {manifest, proof: null, location: this.#options.location}
  }

  async discard(): Promise<void> {
    for (const upload of this.#begun) {
      try {
        await this.#options.bucket.abort(upload)
      } catch {
        // Keys that may only add cannot; sparkone sync tries again, and a rule of the bucket ends what nobody may.
      }
    }
  }

  async #conclude(name: string, {upload, small, bytes}: Parted): Promise<void> {
    const {bucket} = this.#options
    if (small !== null) {
      const {etag, sha256} = await bucket.put(this.#key(name), small)
      await this.#confirm(name, {bytes, etag, sha256})
    } else if (upload !== null) {
      const answered = await bucket.complete(upload, upload.parts)
      const {etag, sha256} = wholeOf(upload.parts)
      await this.#confirm(name, {bytes, sha256, etag: answered ?? etag})
    }
  }

  /** Asks the store what it has, and compares. A size alone is too little where the store knows more. */
  async #confirm(name: string, expected: Pick<ObjectFacts, 'bytes' | 'sha256'> & {etag: string | null}): Promise<void> {
    const key = this.#key(name)
    let stored = await this.#options.bucket.facts(key)
    for (const pause of pauses) {
      if (stored !== null) break
      await this.#options.sleep(pause)
      stored = await this.#options.bucket.facts(key)
    }
    const place = `${this.#options.location}/${name}`
    if (stored === null) throw unconfirmed(`${place} was stored, but the store does not show it`)
    if (stored.bytes !== expected.bytes) throw unconfirmed(`${place} has ${stored.bytes} bytes there; ${expected.bytes} were sent`)
    if (!isSame(stored, expected)) throw unconfirmed(`${place} has another checksum there than what was sent`)
    await this.#options.bucket.assureLock(key, stored)
  }

  /** Returns size and SHA-256 when what a dead run completed is what is to be written. Throws `corrupt` when it is something else. */
  async #compareWithStored(key: string, bytes: Bytes): Promise<{bytes: number; sha256: string} | null> {
    const stored = await this.#options.bucket.facts(key)
    const known = stored?.metadata?.['part-bytes'] ?? (stored?.metadata?.sha256 ? '0' : null)
    // Without knowing how it was cut it cannot be compared, and is sent again.
    if (stored === null || known === null || !/^\d+$/.test(known)) return null
    return compareContents(stored, bytes, Number(known), `${this.#options.location}: ${key}`)
  }

  #key(name: string): string {
    return `${this.#options.folder}/${name}`
  }
}

async function compareContents(stored: ObjectFacts, bytes: Bytes, firstPart: number, place: string) {
  const whole = await measure(bytes, firstPart)
  const sameChecksum = stored.sha256 === null ? stored.etag === whole.etag : isSameChecksum(stored.sha256, whole.checksum)
  const same = firstPart === 0 ? stored.metadata?.sha256 === whole.sha256 : sameChecksum
  if (same && stored.bytes === whole.bytes) return {bytes: whole.bytes, sha256: whole.sha256}
  throw new OperatorError('corrupt', `${place} holds something else than the local backup.`, {
    hint: 'Remove that object, then run sparkone sync again.',
  })
}

/** Some stores put the number of parts behind the checksum of a whole. */
function isSameChecksum(stored: string, expected: string): boolean {
  return stored.replace(/-\d+$/, '') === expected.replace(/-\d+$/, '')
}

/** Only where the store keeps no SHA-256 the ETag decides. */
function isSame(stored: ObjectFacts, expected: {sha256: string | null; etag: string | null}): boolean {
  if (stored.sha256 !== null && expected.sha256 !== null) return isSameChecksum(stored.sha256, expected.sha256)
  return expected.etag === null || stored.etag === expected.etag
}

function unconfirmed(message: string): OperatorError {
  return new OperatorError('corrupt', `${message}.`, {hint: 'sparkone sync copies it again.'})
}
