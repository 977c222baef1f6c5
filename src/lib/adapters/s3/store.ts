import {isDeepStrictEqual} from 'node:util'
import type {BackupSet, Manifest, Marks, Member, MemberName, Proof} from '../../domain/backup-set.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes, OffsiteCopy, OffsiteStore, Removal, SetWriter, UnfinishedUpload} from '../../ports.ts'
import {folderName} from '../directory/folder-name.ts'
import {manifestSchema} from '../directory/schemas.ts'
import {sealed, unsealed, type Unsealed} from '../directory/sealed.ts'
import {ObjectBucket, type BucketOptions} from './bucket.ts'
import {Catalogue, catalogueName} from './catalogue.ts'
import {Connection, type ConnectionOptions} from './connection.ts'
import {Copy} from './copy.ts'
import {entryOf, smallNames, type Entry, type Files} from './entry.ts'
import {filesBySet, idPattern, listObjects, toCopy, type ListedObject} from './listing.ts'
import type {ObjectMemory} from './memory.ts'
import {readObject, readVerifiedObject} from './reading.ts'
import {endRemoval, isHalfRemoved, removeCopy, removeLeftover} from './removal.ts'
import type {SeenObject} from './known-object.ts'
import {SmallObjects} from './small-objects.ts'
import {inTurns} from '../turns.ts'

/** Small objects fetched at the same time. */
const fetches = 32

export interface S3StoreOptions extends Omit<BucketOptions, 'throttle'> {
  throttle: BucketOptions['throttle']
  prefix: string
  project: string
  environment: string
  partBytes: number | null
  concurrency: number
  memory: ObjectMemory
  connection: ConnectionOptions
}

/** Copies of sets in a bucket, under the same names as in the folder: `<prefix>/<project>/<environment>/<id>/`. */
export class S3Store implements OffsiteStore {
  readonly location: string
  readonly #root: string
  readonly #options: S3StoreOptions
  readonly #connection: Connection
  readonly #bucket: ObjectBucket
  readonly #small: SmallObjects
  /** A listing that is under way serves everyone who asks meanwhile. */
  #listing: Promise<Entry[]> | null = null
  /** Manifests as they lie in the bucket, of the sets that are read. */
  readonly #manifests = new Map<string, Promise<string>>()
  /** Removals that a dead run left half done are ended once, before the first one of this run. */
  #ended: Promise<void> | null = null

  constructor(options: S3StoreOptions) {
    const {bucket, prefix, project, environment} = options
    this.#root = [...prefix.split('/').filter(Boolean), folderName(project), folderName(environment)].join('/')
    this.location = `s3://${bucket}/${this.#root}`
    this.#options = options
    this.#connection = new Connection(this.location, options.connection)
    this.#bucket = new ObjectBucket(this.#connection, options)
    this.#small = new SmallObjects({
      memory: options.memory,
      catalogue: new Catalogue(this.#bucket, this.#source(`${this.#root}/${catalogueName}`)),
      fetch: (name) => this.#text(`${this.#root}/${name}`),
    })
  }

  async list(): Promise<BackupSet[]> {
    return (await this.#entries()).filter((entry): entry is BackupSet => 'manifest' in entry)
  }

  async broken(): Promise<{location: string; reason: string}[]> {
    return (await this.#entries()).filter((entry): entry is {location: string; reason: string} => 'reason' in entry)
  }

  async copies(signal?: AbortSignal): Promise<OffsiteCopy[]> {
    const connection = signal ? this.#connection.endedBy(signal) : this.#connection
    return [...(await this.#files(this.#root, connection))].map(([id, files]) => toCopy(id, files))
  }

  async removeLeftover(copy: OffsiteCopy): Promise<string | null> {
    const folder = `${this.#root}/${copy.id}`
    const now = (await this.#files(folder)).get(copy.id)
    return now ? removeLeftover({bucket: this.#bucket, folder, now: this.#connection.clock.now()}, copy, toCopy(copy.id, now)) : null
  }

  async copy(id: string, expectedBytes: number | null): Promise<SetWriter> {
    const {partBytes, concurrency} = this.#options
    const folder = `${this.#root}/${id}`
    const files = (await this.#files(folder)).get(id)
    return new Copy({
      bucket: this.#bucket,
      folder,
      location: `${this.location}/${id}`,
      expectedBytes,
      partBytes,
      concurrency,
      earlier: await this.#earlier(folder),
      there: new Set([...(files?.values() ?? [])].map(({key}) => key)),
      sleep: (milliseconds) => this.#connection.clock.sleep(milliseconds, this.#connection.signal),
      published: (manifest, {etag, bytes}) => this.#small.wrote({name: `${id}/manifest.json`, etag, bytes, contents: manifest}),
    })
  }

  read(set: BackupSet, name: MemberName): Bytes {
    const member = set.manifest.members.find((each) => each.name === name)
    if (!member) throw new OperatorError('corrupt', `Backup ${set.manifest.id} has no ${name}.`)
    return this.#readAsListed(set, member)
  }

  /** What a listing says of a set may come from the catalogue; what is read and compared with it must hold against the manifest itself. */
  async *#readAsListed({manifest}: BackupSet, member: Member): Bytes {
    const {id} = manifest
    const stored = this.#manifests.get(id) ?? this.#text(`${this.#root}/${id}/manifest.json`)
    this.#manifests.set(id, stored)
    assertSame(manifest, unsealed(await stored), `${this.location}/${id}`)
    yield* readVerifiedObject(this.#source(`${this.#root}/${id}/${member.name}`), member)
  }

  async saveProof({manifest}: BackupSet, proof: Proof): Promise<void> {
    await this.#save(`${manifest.id}/proof.json`, proof)
  }

  async saveMarks({manifest}: BackupSet, marks: Marks): Promise<void> {
    await this.#save(`${manifest.id}/marks.json`, marks)
  }

  async remove({manifest: {id}}: BackupSet): Promise<Removal> {
    await (this.#ended ??= this.#endRemovals())
    const folder = `${this.#root}/${id}`
    const files: Files = (await this.#files(folder)).get(id) ?? new Map()
    return removeCopy(this.#bucket, folder, [...files.keys()])
  }

  async unfinished(): Promise<UnfinishedUpload[]> {
    const uploads = await this.#bucket.uploads(`${this.#root}/`)
    return uploads.flatMap(({key, uploadId, startedAt}) => {
      const [id = '', name = ''] = key.slice(this.#root.length + 1).split('/')
      return idPattern.test(id) ? [{id, name, uploadId, startedAt}] : []
    })
  }

  async abandon({id, name, uploadId}: UnfinishedUpload): Promise<void> {
    await this.#bucket.abort({key: `${this.#root}/${id}/${name}`, uploadId})
  }

  async #save(name: string, contents: object): Promise<void> {
    const {etag, bytes} = await this.#bucket.put(`${this.#root}/${name}`, Buffer.from(sealed(contents)))
    await this.#small.wrote({name, etag, bytes, contents})
  }

  async #endRemovals(): Promise<void> {
    const half = [...(await this.#files())].filter(([, files]) => isHalfRemoved(files))
    for (const [id, files] of half) await endRemoval(this.#bucket, `${this.#root}/${id}`, [...files.keys()])
  }

  async #earlier(folder: string) {
    try {
      return await this.#bucket.uploads(`${folder}/`)
    } catch (error) {
      // Keys that may not look for uploads can still begin one; then everything is sent.
      if (error instanceof OperatorError && error.kind === 'denied') return []
      throw error
    }
  }

  async updateCatalogue(): Promise<boolean> {
    const {sets, catalogueBytes} = await this.#look()
    return this.#small.updateCatalogue(this.#smallIn(sets), catalogueBytes)
  }

  #entries(): Promise<Entry[]> {
    return (this.#listing ??= this.#readAll().finally(() => (this.#listing = null)))
  }

  async #readAll(): Promise<Entry[]> {
    const {sets, catalogueBytes} = await this.#look()
    const small = this.#smallIn(sets)
    await this.#small.prepare(small, catalogueBytes !== null)
    const entries = await inTurns([...sets], fetches, ([id, files]) =>
      entryOf({id, location: `${this.location}/${id}`, files}, (file) => this.#small.read(this.#seen(file))),
    )
    await this.#small.endListing(small)
    return entries
  }

  #smallIn(sets: ReadonlyMap<string, Files>): SeenObject[] {
    return [...sets.values()].flatMap((files) => smallNames.flatMap((name) => files.get(name) ?? [])).map((file) => this.#seen(file))
  }

  #seen({key, etag, bytes}: ListedObject): SeenObject {
    return {name: key.slice(this.#root.length + 1), etag, bytes}
  }

  async #text(key: string): Promise<string> {
    const chunks: Uint8Array[] = []
    for await (const chunk of readObject(this.#source(key))) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  /** Returns the files of each set, by id and name, oldest set first. */
  async #files(folder = this.#root, connection = this.#connection): Promise<Map<string, Map<string, ListedObject>>> {
    return (await this.#look(folder, connection)).sets
  }

  async #look(folder = this.#root, connection = this.#connection) {
    const objects = await listObjects(connection, this.#options.bucket, folder)
    const catalogue = objects.find(({key}) => key === `${this.#root}/${catalogueName}`)
    return {sets: filesBySet(objects, this.#root), catalogueBytes: catalogue?.bytes ?? null}
  }

  #source(key: string) {
    const {bucket} = this.#options
    return {connection: this.#connection, bucket, key, location: `s3://${bucket}/${key}`}
  }
}

/** Throws `corrupt` unless a manifest is the one that was listed. */
function assertSame(listed: Manifest, stored: Unsealed, location: string): void {
  const parsed = 'contents' in stored ? manifestSchema.safeParse(stored.contents) : null
  // As JSON, so that a key without a value is the same as no key.
  if (parsed?.success && isDeepStrictEqual(parsed.data, manifestSchema.parse(JSON.parse(JSON.stringify(listed))))) return
  const reason =
    'reason' in stored ? `The manifest in ${location} ${stored.reason}.` : `The manifest in ${location} is not the one that was listed.`
  throw new OperatorError('corrupt', reason, {hint: 'Try again; if it stays so, use another backup: sparkone restore --list'})
}
