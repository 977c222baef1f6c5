import type {BackupSet, Manifest, Member, MemberName, Proof} from '../../../src/lib/domain/backup-set.ts'
import type {Bytes, OffsiteCopy, OffsiteStore, Removal, SetWriter, UnfinishedUpload} from '../../../src/lib/ports.ts'
import {MemoryStore} from './store.ts'

type Step = 'list' | 'copies' | 'copy' | 'write' | 'publish' | 'proof' | 'marks' | 'remove'

/** A store away from the machine, in memory; each step can fail as told. */
export class MemoryOffsite implements OffsiteStore {
  readonly location: string
  readonly sets = new MemoryStore()
  /** Steps that fail, and how. */
  failing: Partial<Record<Step, Error>> = {}
  uploads: UnfinishedUpload[] = []
  keepsVersions = false
  /** Happens to the bytes on their way. */
  alter: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes
  readonly abandoned: string[] = []
  /** Copies without a manifest. */
  partial: OffsiteCopy[] = []
  /** Why a copy without a manifest cannot be removed. */
  holding: string | null = null
  /** When marks came, as the store says. */
  marksAt = new Date('2026-11-22T10:00:00Z')
  readonly #proofs = new Map<string, Date>()

  constructor(name = 'vault') {
    this.location = `s3://${name}`
  }

  async list(): Promise<BackupSet[]> {
    this.#begin('list')
    return (await this.sets.list()).map((set) => ({...set, location: `${this.location}/${set.manifest.id}`}))
  }

  async broken(): Promise<{location: string; reason: string}[]> {
    return this.sets.broken()
  }

  read(set: BackupSet, member: MemberName): Bytes {
    return this.sets.read(set, member)
  }

  async saveProof(set: BackupSet, proof: Proof): Promise<void> {
    this.#begin('proof')
    this.#proofs.set(set.manifest.id, new Date(proof.verifiedAt))
    await this.sets.saveProof(set, proof)
  }

  async saveMarks(...[set, marks]: Parameters<OffsiteStore['saveMarks']>): Promise<void> {
    this.#begin('marks')
    await this.sets.saveMarks(set, marks)
  }

  async remove(set: BackupSet): Promise<Removal> {
    const removal = await this.sets.remove(set)
    return this.keepsVersions ? 'hidden' : removal
  }

  async copies(): Promise<OffsiteCopy[]> {
    this.#begin('copies')
    const whole = (await this.sets.list()).map(({manifest: {id, members}, marks}) => ({
      id,
      complete: true,
      members: [...members, ...(marks ? [{name: 'marks.json', bytes: 1}] : [])].map(({name, bytes}) => ({name, bytes, etag: name})),
      proofAt: this.#proofs.get(id) ?? null,
      marksAt: marks ? this.marksAt : null,
      newestAt: new Date('2026-11-22T10:00:00Z'),
    }))
    return [...whole, ...this.partial]
  }

  async copy(id: string): Promise<SetWriter> {
    this.#begin('copy')
    // A copy that a dead run left is gone on with.
    this.sets.drafts.delete(id)
    const draft = await this.sets.create(id)
    return {
      write: async (name: MemberName, bytes: Bytes): Promise<Member> => {
        this.#begin('write')
        return draft.write(name, this.#onTheWay(bytes))
      },
      publish: async (manifest: Manifest): Promise<BackupSet> => {
        this.#begin('publish')
        return draft.publish(manifest)
      },
      discard: () => draft.discard(),
    }
  }

  async unfinished(): Promise<UnfinishedUpload[]> {
    return this.uploads
  }

  async abandon({id}: UnfinishedUpload): Promise<void> {
    this.abandoned.push(id)
  }

  async removeLeftover({id}: OffsiteCopy): Promise<string | null> {
    this.#begin('remove')
    if (this.holding === null) this.partial = this.partial.filter((copy) => copy.id !== id)
    return this.holding
  }

  async updateCatalogue(): Promise<boolean> {
    return false
  }

  async *#onTheWay(bytes: Bytes): Bytes {
    for await (const chunk of bytes) yield this.alter(chunk)
  }

  #begin(step: Step): void {
    const failure = this.failing[step]
    if (failure) throw failure
  }
}
