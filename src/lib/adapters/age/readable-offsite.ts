import type {BackupSet, Manifest, MemberName} from '../../domain/backup-set.ts'
import {encryptedName} from '../../domain/encryption.ts'
import type {Bytes, OffsiteStore} from '../../ports.ts'
import {decrypt} from './cipher.ts'
import type {AgeEncryption} from './encryption.ts'

/**
 * Returns a store off-site whose age files can be read by their plain names, as those of this machine can. What is copied there is what was stored
 * here, and so encrypted already.
 */
export function readableOffsite(store: OffsiteStore, encryption: AgeEncryption): OffsiteStore {
  return {
    location: store.location,
    list: () => store.list(),
    broken: () => store.broken(),
    read: (set, name) => (isEncrypted(set.manifest, name) ? decrypted(store, encryption, set, name) : store.read(set, name)),
    saveProof: (set, proof) => store.saveProof(set, proof),
    saveMarks: (set, marks) => store.saveMarks(set, marks),
    remove: (set) => store.remove(set),
    copies: (signal) => store.copies(signal),
    copy: (id, expectedBytes) => store.copy(id, expectedBytes),
    unfinished: () => store.unfinished(),
    abandon: (upload) => store.abandon(upload),
    removeLeftover: (copy) => store.removeLeftover(copy),
    updateCatalogue: () => store.updateCatalogue(),
  }
}

function isEncrypted({members}: Manifest, name: MemberName): boolean {
  return !members.some((member) => member.name === name) && members.some((member) => member.name === encryptedName(name))
}

async function* decrypted(store: OffsiteStore, encryption: AgeEncryption, set: BackupSet, name: MemberName): Bytes {
  yield* decrypt(store.read(set, encryptedName(name)), await encryption.identitiesFor(set.manifest))
}
