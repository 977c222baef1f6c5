import {createHash} from 'node:crypto'
import type {BackupSet, Manifest, Marks, Member, MemberName, Proof} from '../../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {BackupStore, Bytes, Removal, SetDraft, StoredMember} from '../../../src/lib/ports.ts'

type Files = Map<MemberName, Uint8Array>

/** Backup sets in memory. */
export class MemoryStore implements BackupStore {
  readonly location = 'memory'
  free = 1_000_000_000
  brokenSets: {location: string; reason: string}[] = []
  /** Happens to what is read while it is written. */
  onReadBehind: (bytes: Bytes) => Bytes = (bytes) => bytes
  /** Ids of drafts that were neither published nor discarded. */
  readonly drafts = new Set<string>()
  readonly #sets = new Map<string, {set: BackupSet; files: Files}>()

  async list(): Promise<BackupSet[]> {
    return [...this.#sets.values()].map(({set}) => set)
  }

  async broken(): Promise<{location: string; reason: string}[]> {
    return this.brokenSets
  }

  async create(id: string): Promise<SetDraft> {
    if (this.drafts.has(id)) throw new OperatorError('failed', `There is a draft ${id} already.`)
    this.drafts.add(id)
    const files: Files = new Map()
    const followers = new FollowedFiles(files)
    return {
      follow: () => followers.follow(),
      write: async (name, bytes) => {
        files.set(name, await collect(bytes))
        followers.tell()
        return {name, bytes: files.get(name)!.length, sha256: hashOf(files.get(name)!)}
      },
      read: (member) => verified(files, member),
      readBehind: (name) => this.onReadBehind(followers.readBehind(name)),
      publish: async (manifest: Manifest) => {
        const set = {manifest, proof: null, location: `${this.location}/${id}`}
        this.drafts.delete(id)
        this.#sets.set(id, {set, files})
        followers.end()
        return set
      },
      discard: async () => {
        followers.end(new OperatorError('failed', 'The backup was given up.'))
        this.drafts.delete(id)
      },
    }
  }

  read({manifest}: BackupSet, name: MemberName): Bytes {
    const member = manifest.members.find((each) => each.name === name)
    if (!member) throw new OperatorError('corrupt', `Backup ${manifest.id} has no ${name}.`)
    return verified(this.#sets.get(manifest.id)!.files, member)
  }

  async saveProof({manifest}: BackupSet, proof: Proof): Promise<void> {
    const entry = this.#sets.get(manifest.id)!
    entry.set = {...entry.set, proof}
  }

  async saveMarks({manifest}: BackupSet, marks: Marks): Promise<void> {
    const entry = this.#sets.get(manifest.id)!
    entry.set = {...entry.set, marks}
  }

  async remove({manifest}: BackupSet): Promise<Removal> {
    this.#sets.delete(manifest.id)
    return 'removed'
  }

  async freeBytes(): Promise<number> {
    return this.free
  }

  async sweep(): Promise<string[]> {
    const lines = [...this.drafts].map((id) => `removed the unfinished backup ${id}`)
    this.drafts.clear()
    return lines
  }

  /** Puts another manifest in place of one, as another version would have written it. */
  rewrite(id: string, change: (manifest: Manifest) => Manifest): void {
    const entry = this.#sets.get(id)!
    entry.set = {...entry.set, manifest: change(entry.set.manifest)}
  }

  /** Changes the last byte of a stored file, as a failing disk would. */
  damage(id: string, name: MemberName): void {
    const bytes = this.#sets.get(id)!.files.get(name)!
    bytes[bytes.length - 1]! ^= 1
  }
}

/** Shows followers each file once it is written. */
class FollowedFiles {
  readonly #files: Files
  #changed = Promise.withResolvers<void>()
  #end: 'open' | 'published' | OperatorError = 'open'

  constructor(files: Files) {
    this.#files = files
  }

  tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  end(failure?: OperatorError): void {
    this.#end = failure ?? 'published'
    this.tell()
  }

  async *readBehind(wanted: MemberName): Bytes {
    for await (const {name, bytes} of this.follow()) {
      if (name !== wanted) continue
      yield* bytes
      return
    }
  }

  async *follow(): AsyncGenerator<StoredMember> {
    for (let seen = 0; ; seen += 1) {
      while (this.#end === 'open' && this.#files.size <= seen) await this.#changed.promise
      if (this.#end instanceof OperatorError) throw this.#end
      const entry = [...this.#files][seen]
      if (!entry) return
      const [name, contents] = entry
      yield {name, bytes: oneChunk(contents)}
    }
  }
}

async function* oneChunk(bytes: Uint8Array): Bytes {
  yield bytes
}

async function* verified(files: Files, {name, sha256}: Member): Bytes {
  const bytes = files.get(name)
  if (!bytes) throw new OperatorError('corrupt', `${name} is missing.`)
  yield bytes
  if (hashOf(bytes) !== sha256) throw new OperatorError('corrupt', `${name} is damaged.`)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export async function collect(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}
