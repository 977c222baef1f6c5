import type {BackupSet, Manifest, Member, MemberName} from '../../../src/lib/domain/backup-set.ts'
import {backupId} from '../../../src/lib/domain/backup-set.ts'
import {ObjectMemory} from '../../../src/lib/adapters/s3/memory.ts'
import {S3Store, type S3StoreOptions} from '../../../src/lib/adapters/s3/store.ts'
import type {Bytes, SetWriter} from '../../../src/lib/ports.ts'
import {backupSet} from '../backup-sets.ts'
import {FakeClock} from '../fakes/clock.ts'

export const mebibyte = 1024 * 1024

export type StoreTraits = Partial<Omit<S3StoreOptions, 'connection'>> & {
  endpoint: string
  signal?: AbortSignal
  timeoutMilliseconds?: number
  clock?: S3StoreOptions['connection']['clock']
  keys?: {accessKeyId: string; secretAccessKey: string}
}

/** Returns the store of the project `shop` in the bucket `copies`; pauses between attempts take no time. */
export function storeAt({endpoint, signal, timeoutMilliseconds = 2000, clock, keys, ...traits}: StoreTraits): S3Store {
  return new S3Store({
    bucket: 'copies',
    prefix: '',
    project: 'shop',
    environment: 'production',
    encryption: null,
    storageClass: null,
    objectLock: null,
    throttle: null,
    partBytes: 5 * mebibyte,
    concurrency: 4,
    // A folder that nobody can make: nothing is remembered.
    memory: new ObjectMemory('/dev/null/memory.jsonl'),
    ...traits,
    connection: {
      endpoint,
      region: 'us-east-1',
      pathStyle: true,
      keys: keys ?? {accessKeyId: 'operator', secretAccessKey: 'letmein'},
      timeoutMilliseconds,
      attempts: 5,
      clock: clock ?? new FakeClock(new Date(), {sleeping: 'skip'}),
      signal: signal ?? new AbortController().signal,
    },
  })
}

/** Returns `bytes` bytes that no compression or repetition could hide a mistake in; the same for the same seed. */
export function noise(bytes: number, seed = 1): Buffer {
  const buffer = Buffer.allocUnsafe(Math.ceil(bytes / 4) * 4)
  let state = seed
  for (let offset = 0; offset < buffer.length; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    buffer.writeInt32LE(state, offset)
  }
  return buffer.subarray(0, bytes)
}

/** Yields the bytes in pieces that fit no part. */
export async function* inPieces(bytes: Uint8Array, piece = 700_001): Bytes {
  for (let offset = 0; offset < bytes.length; offset += piece) yield bytes.subarray(offset, offset + piece)
}

export const contents: Readonly<Record<'globals.sql' | 'RESTORE.md', Buffer>> = {
  'globals.sql': Buffer.from('CREATE ROLE shop;\n'),
  'RESTORE.md': Buffer.from('# Recover\n'),
}

/** Copies a set with this dump and returns it. */
export async function copySet(store: S3Store, dump: Buffer, startedAt = new Date('2026-11-22T02:00:00Z')): Promise<BackupSet> {
  const id = backupId(startedAt, '3f9a1c')
  return fill(await store.copy(id, dump.length), dump, startedAt)
}

/** Writes the members of a set and publishes it. */
export async function fill(writer: SetWriter, dump: Buffer, startedAt = new Date('2026-11-22T02:00:00Z')): Promise<BackupSet> {
  const members: Member[] = [await writer.write('database.dump', inPieces(dump))]
  for (const [name, bytes] of Object.entries(contents)) members.push(await writer.write(name as MemberName, inPieces(bytes)))
  return writer.publish(manifestWith(members, startedAt))
}

export function manifestWith(members: readonly Member[], startedAt = new Date('2026-11-22T02:00:00Z')): Manifest {
  return {...backupSet({startedAt}).manifest, members}
}
