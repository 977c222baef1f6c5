import type {BackupSet, Manifest, Marks, Member, MemberName, Proof} from '../../domain/backup-set.ts'
import {encryptedName, isSecretMember} from '../../domain/encryption.ts'
import type {BackupStore, Bytes, Removal, SetDraft} from '../../ports.ts'
import {decrypt, encrypt} from './cipher.ts'
import type {AgeEncryption} from './encryption.ts'

/**
 * A store whose dumps and roles are age files. Sets written before encryption was switched on can be read as ever. A member is asked for
 * by its plain name to get what it holds, and by the name it is stored under to get the stored bytes.
 */
export class EncryptedStore implements BackupStore {
  readonly location: string
  readonly #inner: BackupStore
  readonly #encryption: AgeEncryption

  constructor(inner: BackupStore, encryption: AgeEncryption) {
    this.location = inner.location
    this.#inner = inner
    this.#encryption = encryption
  }

  list(): Promise<BackupSet[]> {
    return this.#inner.list()
  }

  broken(): Promise<{location: string; reason: string}[]> {
    return this.#inner.broken()
  }

  async create(id: string): Promise<SetDraft> {
    const draft = await this.#inner.create(id)
    if (this.#encryption.recipients.length === 0) return draft
    const {recipients, identity} = await this.#encryption.keysFor(id)
    return {
      ...draft,
      write: (name: MemberName, bytes: Bytes): Promise<Member> =>
        isSecretMember(name) ? draft.write(encryptedName(name), encrypt(bytes, recipients)) : draft.write(name, bytes),
      // The stored bytes are decrypted as a restore would, so that reading back proves the encryption as well.
      read: (member: Member): Bytes => (member.name.endsWith('.age') ? decrypt(draft.read(member), [identity]) : draft.read(member)),
      readBehind: (name: MemberName): Bytes =>
        isSecretMember(name) ? decrypt(draft.readBehind(encryptedName(name)), [identity]) : draft.readBehind(name),
      publish: (manifest: Manifest) => draft.publish({...manifest, encryption: {method: 'age', recipients: this.#encryption.recipients}}),
    }
  }

  read(set: BackupSet, member: MemberName): Bytes {
    const stored = encryptedName(member)
    const isPlain = set.manifest.members.some(({name}) => name === member)
    const isEncrypted = set.manifest.members.some(({name}) => name === stored)
    return isEncrypted && !isPlain ? this.#decrypted(set, stored) : this.#inner.read(set, member)
  }

  saveProof(set: BackupSet, proof: Proof): Promise<void> {
    return this.#inner.saveProof(set, proof)
  }

  saveMarks(set: BackupSet, marks: Marks): Promise<void> {
    return this.#inner.saveMarks(set, marks)
  }

  remove(set: BackupSet): Promise<Removal> {
    return this.#inner.remove(set)
  }

  freeBytes(): Promise<number> {
    return this.#inner.freeBytes()
  }

  sweep(): Promise<string[]> {
    return this.#inner.sweep()
  }

  async *#decrypted(set: BackupSet, stored: MemberName): Bytes {
    const identities = await this.#encryption.identitiesFor(set.manifest)
    yield* decrypt(this.#inner.read(set, stored), identities)
  }
}
