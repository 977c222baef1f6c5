import type {Manifest} from '../domain/backup-set.ts'
import type {RecipientConfirmation} from '../domain/encryption.ts'

/** The keys that backups are encrypted to; without recipients nothing is encrypted. */
export interface Encryption {
  readonly recipients: readonly string[]
  /** Throws `denied`, before anything is read, when the set is encrypted and no key that fits is at hand. */
  assertReadable(manifest: Manifest): Promise<void>
  /** Returns each recipient with the time at which its owner last showed that the private key is there. */
  confirmations(): Promise<RecipientConfirmation[]>
  /** Returns an age file in text form that holds a code; who can tell the code has the private key. */
  challenge(recipient: string): Promise<string>
  /** Confirms the recipient that a code was encrypted to and returns it. Throws `refused` for a wrong code. */
  confirm(code: string): Promise<string>
  /** Whether a private key is at hand. */
  readonly hasIdentities: boolean
  /** Confirms the recipients of the keys at hand and returns them. Throws `usage` for a file without keys, `refused` when none fits. */
  confirmIdentities(): Promise<string[]>
}
