import {createHash, randomBytes} from 'node:crypto'
import {mkdir, readFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {z} from 'zod'
import type {Manifest} from '../../domain/backup-set.ts'
import type {RecipientConfirmation} from '../../domain/encryption.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes, Clock, Encryption} from '../../ports.ts'
import {explainAccess} from '../directory/access.ts'
import {replaceDurably} from '../directory/durable.ts'
import {assertRecipients, decrypt, encrypt, encryptText, identitiesIn, newIdentity, recipientsOf} from './cipher.ts'

const memorySchema = z.object({
  /** Recipient to time: somebody decrypted what was written for it. */
  confirmed: z.record(z.string(), z.iso.datetime()),
  /** SHA-256 of a code to the recipient it was encrypted to. */
  challenges: z.record(z.string(), z.string()),
})

export interface EncryptionOptions {
  recipients: readonly string[]
  /** Contents of a key file and where they came from, or null. */
  identities: {text: string; origin: string} | null
  /** File that remembers which recipients were confirmed. */
  memory: string
  clock: Pick<Clock, 'now'>
}

/** Keys of age: those that backups are written for, those at hand, and those whose owner has shown that they work. */
export class AgeEncryption implements Encryption {
  readonly recipients: readonly string[]
  readonly #options: EncryptionOptions
  /** Of the sets that this process wrote, so that it can read back what it stored. */
  readonly #ownIdentities = new Map<string, string>()

  private constructor(options: EncryptionOptions) {
    this.recipients = options.recipients
    this.#options = options
  }

  /** Throws `usage` for a recipient that is mistyped. */
  static async open(options: EncryptionOptions): Promise<AgeEncryption> {
    await assertRecipients(options.recipients)
    return new AgeEncryption(options)
  }

  /** Returns the keys to write a set for: those of the configuration and one that only this process ever has. */
  async keysFor(id: string): Promise<{recipients: readonly string[]; identity: string}> {
    const {identity, recipient} = await newIdentity()
    this.#ownIdentities.set(id, identity)
    return {recipients: [...this.recipients, recipient], identity}
  }

  /** Returns the identities to read a set with. Throws `denied` when there is none that fits. */
  async identitiesFor({id, encryption}: Pick<Manifest, 'id' | 'encryption'>): Promise<readonly string[]> {
    const own = this.#ownIdentities.get(id)
    if (own !== undefined) return [own]
    const {identities} = this.#options
    if (identities === null) throw missingKey(id)
    const keys = identitiesIn(identities.text, identities.origin)
    const recipients = await recipientsOf(keys, identities.origin)
    if (recipients.some((recipient) => encryption?.recipients.includes(recipient))) return keys
    throw new OperatorError('denied', `Backup ${id} is encrypted to other keys than those of ${identities.origin}.`, {
      details: (encryption?.recipients ?? []).map((recipient) => `encrypted to ${recipient}`),
      hint: 'Give the key that it was written for with --identity FILE.',
    })
  }

  async assertReadable(manifest: Manifest): Promise<void> {
    if (manifest.encryption) await this.identitiesFor(manifest)
  }

  async confirmations(): Promise<RecipientConfirmation[]> {
    const {confirmed} = await this.#read()
    return this.recipients.map((recipient) => ({recipient, confirmedAt: confirmed[recipient] ?? null}))
  }

  async challenge(recipient: string): Promise<string> {
    const code = randomBytes(10).toString('hex')
    const file = await encryptText(`${code}\n`, recipient)
    const memory = await this.#read()
    await this.#write({...memory, challenges: {...memory.challenges, [hashOf(code)]: recipient}})
    return file
  }

  async confirm(code: string): Promise<string> {
    const memory = await this.#read()
    const recipient = memory.challenges[hashOf(code.trim())]
    if (recipient === undefined) {
      throw new OperatorError('refused', 'That is not the code of a challenge of this machine.', {
        hint: 'Get a new one with sparkone encryption challenge, and decrypt it with age --decrypt --identity KEY.',
      })
    }
    await this.#remember([recipient])
    return recipient
  }

  get hasIdentities(): boolean {
    return this.#options.identities !== null
  }

  async confirmIdentities(): Promise<string[]> {
    const {identities} = this.#options
    if (identities === null) throw new OperatorError('usage', 'No key is at hand.', {hint: 'Give it with --identity FILE.'})
    const keys = identitiesIn(identities.text, identities.origin)
    const recipients = await recipientsOf(keys, identities.origin)
    const fitting = this.recipients.filter((recipient) => recipients.includes(recipient))
    if (fitting.length === 0) {
      throw new OperatorError('refused', `${identities.origin} fits none of the recipients that backups are encrypted to.`, {
        details: this.recipients.map((recipient) => `recipient ${recipient}`),
        hint: 'age-keygen -y key.txt prints the recipient of a key.',
      })
    }
    for (const recipient of fitting) await assertRoundTrip(recipient, keys)
    await this.#remember(fitting)
    return fitting
  }

  async #remember(recipients: readonly string[]): Promise<void> {
    const {confirmed, challenges} = await this.#read()
    const at = this.#options.clock.now().toISOString()
    const others = Object.entries(challenges).filter(([, recipient]) => !recipients.includes(recipient))
    await this.#write({
      confirmed: {...confirmed, ...Object.fromEntries(recipients.map((recipient) => [recipient, at]))},
      challenges: Object.fromEntries(others),
    })
  }

  async #read(): Promise<z.output<typeof memorySchema>> {
    try {
      return memorySchema.parse(JSON.parse(await readFile(this.#options.memory, 'utf8')))
    } catch {
      // Not written yet, or damaged: then nothing is confirmed, and backups refuse until it is again.
      return {confirmed: {}, challenges: {}}
    }
  }

  async #write(memory: z.output<typeof memorySchema>): Promise<void> {
    const file = this.#options.memory
    await explainAccess(file, () => mkdir(dirname(file), {recursive: true, mode: 0o700}))
    await replaceDurably(file, `${JSON.stringify(memory, null, 2)}\n`)
  }
}

async function assertRoundTrip(recipient: string, keys: readonly string[]): Promise<void> {
  const code = randomBytes(10)
  const decrypted: Uint8Array[] = []
  for await (const chunk of decrypt(encrypt(once(code), [recipient]), keys)) decrypted.push(chunk)
  if (Buffer.concat(decrypted).equals(code)) return
  throw new OperatorError('failed', `What was encrypted to ${recipient} came back changed.`, {hint: 'Do not use this key.'})
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes
}

function missingKey(id: string): OperatorError {
  return new OperatorError('denied', `Backup ${id} is encrypted, and no key is at hand to read it.`, {
    hint: 'Give the key with --identity FILE, or set backup.encryption.identities where backups are verified.',
  })
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
