import {createHash} from 'node:crypto'
import {firstPartFrom, maximumParts, partBytes} from '../../domain/part-sizes.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import type {ObjectBucket, StoredPart, Upload} from './bucket.ts'
import {digest} from './received.ts'
import type {PartBuffer, Traffic} from './traffic.ts'

export interface PartedOptions {
  bucket: ObjectBucket
  key: string
  firstPart: number
  /** Of all uploads of the copy. */
  traffic: Traffic
  /** An upload that a dead run left; what it has is not sent again. */
  earlier: Upload | null
  /** Told the id of an upload that was begun. */
  begun(uploadId: string): void
}

export interface Parted {
  bytes: number
  /** In lower-case hexadecimal. */
  sha256: string
  /** Null: it was small, is held in memory, and nothing was sent. */
  upload: {key: string; uploadId: string; parts: readonly StoredPart[]} | null
  small: Uint8Array | null
}

/** What is at most this large is sent in one request, once the rest of the set is there. */
const smallBytes = 1024 * 1024

/**
 * Sends a stream in parts, several at a time, and returns what has to be put together. Nothing is visible yet. Memory holds the parts that are
 * on their way and the one being filled.
 */
export async function sendInParts(bytes: Bytes, options: PartedOptions): Promise<Parted> {
  const hash = createHash('sha256')
  const sender = await PartSender.open(options)
  let size = 0
  let part = sender.nextPart()
  try {
    for await (const chunk of bytes) {
      hash.update(chunk)
      size += chunk.length
      for (let offset = 0; offset < chunk.length;) {
        offset += part.fill(chunk, offset)
        if (!part.isFull) continue
        await sender.send(part)
        part = sender.nextPart()
      }
    }
    const sha256 = hash.digest('hex')
    // A copy, since the buffer may be needed for another file before all of them are there.
    if (size <= smallBytes) return {bytes: size, sha256, upload: null, small: options.traffic.copied(part)}
    if (part.contents().length > 0) await sender.send(part)
    return {bytes: size, sha256, upload: await sender.finish(), small: null}
  } catch (error) {
    await sender.settle()
    throw error
  }
}

class PartSender {
  readonly #options: PartedOptions
  readonly #first: number
  /** What the store has of an earlier run, by number. */
  readonly #there: ReadonlyMap<number, StoredPart>
  readonly #done: StoredPart[] = []
  readonly #onTheWay = new Set<Promise<void>>()
  #uploadId: string | null
  #number = 0
  #failure: {error: unknown} | null = null

  private constructor(options: PartedOptions, first: number, there: ReadonlyMap<number, StoredPart>) {
    this.#options = options
    this.#first = first
    this.#there = there
    this.#uploadId = options.earlier?.uploadId ?? null
  }

  static async open(options: PartedOptions): Promise<PartSender> {
    const parts = options.earlier ? await options.bucket.parts(options.earlier) : []
    // The last part alone may be shorter, so the largest first part that any of them stands for is the one that was used.
    const first = Math.max(0, ...parts.map(({number, bytes}) => firstPartFrom(number, bytes)))
    const used = parts.length > 1 || first > options.firstPart ? first : options.firstPart
    return new PartSender(options, used, new Map(parts.map((part) => [part.number, part])))
  }

  nextPart(): PartBuffer {
    return this.#options.traffic.buffer(partBytes(this.#number + 1, this.#first))
  }

  /** Returns as soon as there is room for another part on the way. Throws what an earlier part failed with. */
  async send(part: PartBuffer): Promise<void> {
    const body = part.contents()
    this.#number += 1
    if (this.#number > maximumParts) throw tooLarge(this.#options.key)
    const number = this.#number
    const there = this.#there.get(number)
    if (there && isSame(there, body)) {
      this.#done.push(there)
      this.#options.traffic.giveBack(part)
      return
    }
    const upload = {key: this.#options.key, uploadId: await this.#begun()}
    const sending = this.#options.bucket
      .sendPart(upload, number, body)
      .then((stored) => void this.#done.push(stored))
      .catch((error: unknown) => void (this.#failure ??= {error}))
      .finally(() => {
        this.#onTheWay.delete(sending)
        this.#options.traffic.giveBack(part)
      })
    this.#onTheWay.add(sending)
    await this.#options.traffic.add(sending, body.length)
    this.#assertWell()
  }

  async finish(): Promise<NonNullable<Parted['upload']>> {
    await this.settle()
    this.#assertWell()
    const parts = this.#done.toSorted((a, b) => a.number - b.number)
    return {key: this.#options.key, uploadId: await this.#begun(), parts}
  }

  async settle(): Promise<void> {
    await Promise.all(this.#onTheWay)
  }

  async #begun(): Promise<string> {
    if (this.#uploadId !== null) return this.#uploadId
    this.#uploadId = await this.#options.bucket.begin(this.#options.key, this.#first)
    this.#options.begun(this.#uploadId)
    return this.#uploadId
  }

  #assertWell(): void {
    if (this.#failure) throw this.#failure.error
  }
}

function isSame({bytes, etag, sha256}: StoredPart, body: Uint8Array): boolean {
  if (bytes !== body.length) return false
  return sha256 === null ? etag === digest('md5', body).toString('hex') : sha256 === digest('sha256', body).toString('base64')
}

function tooLarge(key: string): OperatorError {
  return new OperatorError('failed', `${key} is larger than an object can be.`, {hint: 'Set a larger partSize under backup.offsite.'})
}
