import type {RecipientConfirmation} from '../../../src/lib/domain/encryption.ts'
import type {Encryption} from '../../../src/lib/ports.ts'

/** No encryption, or recipients that are confirmed or not, as a test sets them. */
export class FakeEncryption implements Encryption {
  hasIdentities = false
  keys: RecipientConfirmation[] = []
  /** Why no set can be read. */
  unreadable: Error | null = null

  get recipients(): string[] {
    return this.keys.map(({recipient}) => recipient)
  }

  async assertReadable(): Promise<void> {
    if (this.unreadable) throw this.unreadable
  }

  async confirmations(): Promise<RecipientConfirmation[]> {
    return this.keys
  }

  async challenge(recipient: string): Promise<string> {
    return `code for ${recipient}`
  }

  async confirm(code: string): Promise<string> {
    return this.#confirm(code.replace('code for ', ''))
  }

  async confirmIdentities(): Promise<string[]> {
    return this.recipients.map((recipient) => this.#confirm(recipient))
  }

  #confirm(recipient: string): string {
    this.keys = this.keys.map((key) => (key.recipient === recipient ? {...key, confirmedAt: '2026-11-22T10:00:00.000Z'} : key))
    return recipient
  }
}
