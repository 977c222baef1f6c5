import type {BackupSet, Manifest, Marks, Member, MemberName, Proof} from '../domain/backup-set.ts'
import type {Bytes} from '../ports.ts'

/** What became of a set: a store that keeps older versions only hides it, and no byte is free until it removes these. */
export type Removal = 'removed' | 'hidden'

/** Where finished sets lie. A set is visible only when it is whole. */
export interface SetCollection {
  /** For people: a folder, or `s3://bucket/prefix`. */
  readonly location: string
  list(): Promise<BackupSet[]>
  /** Folders that look like sets and are none, with the reason; never offered for restore. */
  broken(): Promise<{location: string; reason: string}[]>
  /** Streams a member. Throws `corrupt`, after the last byte, unless size and SHA-256 are those of the manifest. */
  read(set: BackupSet, member: MemberName): Bytes
  saveProof(set: BackupSet, proof: Proof): Promise<void>
  /** Puts the marks of a set in place of those it has. */
  saveMarks(set: BackupSet, marks: Marks): Promise<void>
  /** Removes a set; one that is half removed is never listed. */
  remove(set: BackupSet): Promise<Removal>
}

/** Where backup sets are made and kept. */
export interface BackupStore extends SetCollection {
  create(id: string): Promise<SetDraft>
  freeBytes(): Promise<number>
  /** Removes what runs that died left half-written and returns a line for each. Call only while holding the lock. */
  sweep(): Promise<string[]>
}

/** A set being written, invisible until published. */
export interface SetWriter {
  /** Writes a member to stable storage and returns its size and SHA-256. Throws `noSpace`. */
  write(name: MemberName, bytes: Bytes): Promise<Member>
  /** Writes the manifest last and makes the set visible at once. */
  publish(manifest: Manifest): Promise<BackupSet>
  discard(): Promise<void>
}

export interface SetDraft extends SetWriter {
  /** Streams what was stored. Throws `corrupt`, after the last byte, unless it is what was written. */
  read(member: Member): Bytes
  /** Streams what is stored of a member while it is being written, as `read` would afterwards. Throws what made writing fail, and `corrupt` as `read` does. */
  readBehind(name: MemberName): Bytes
  /** Yields each member under the name it is stored by, its stored bytes while they are being written; ends when the set is published.
   * Throws when writing fails or the set is discarded. Any number can follow, each as slow as it likes. */
  follow(): AsyncIterable<StoredMember>
}

export interface StoredMember {
  name: MemberName
  /** A chunk holds until the next is asked for; who wants it for longer takes a copy. */
  bytes: Bytes
}

/** A store away from this machine that sets are copied to. */
export interface OffsiteTarget {
  name: string
  /** Age of the newest copy beyond which health warns. */
  maxAgeMilliseconds: number
  store: OffsiteStore
}

export interface OffsiteStore extends SetCollection {
  /** Returns what is there, by listing names alone: it works where nothing may be read. Oldest first. */
  copies(signal?: AbortSignal): Promise<OffsiteCopy[]>
  /** Begins a copy, or goes on with one that a dead run left. `expectedBytes` of its largest member decide how large the parts are. */
  copy(id: string, expectedBytes: number | null): Promise<SetWriter>
  /** Returns uploads that were begun and neither ended nor given up. */
  unfinished(): Promise<UnfinishedUpload[]>
  abandon(upload: UnfinishedUpload): Promise<void>
  /** Removes the files of a copy that never became whole, as it was listed. Returns why one was left: it has changed since, or is locked. Throws `denied`. */
  removeLeftover(copy: OffsiteCopy): Promise<string | null>
  /** Stores what listings need to know of all sets in one object, where what is there lacks much of it. Returns whether it was stored. */
  updateCatalogue(): Promise<boolean>
}

/** What a listing shows of one set. */
export interface OffsiteCopy {
  id: string
  /** False without a manifest, which is written last: such a copy is no backup. */
  complete: boolean
  members: readonly {name: string; bytes: number; etag: string}[]
  /** When the store received the proof; null where there is none. */
  proofAt: Date | null
  marksAt: Date | null
  /** When the store received the newest of its files. */
  newestAt: Date
}

export interface UnfinishedUpload {
  /** The set, or null where the name is not that of one. */
  id: string
  name: string
  uploadId: string
  startedAt: Date
}
