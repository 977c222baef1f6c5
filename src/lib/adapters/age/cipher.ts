import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'

/** Returns the bytes as an age file that each of the recipients can read. */
export async function* encrypt(bytes: Bytes, recipients: readonly string[]): Bytes {
  const {Encrypter} = await age()
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  yield* (await encrypter.encrypt(toStream(bytes))) as AsyncIterable<Uint8Array>
}

/** Returns what an age file holds. Throws `denied` when none of the identities fits, `corrupt` when it is cut or changed. */
export async function* decrypt(bytes: Bytes, identities: readonly string[]): Bytes {
  const {Decrypter} = await age()
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  const source = watched(bytes)
  try {
    yield* (await decrypter.decrypt(toStream(source.bytes))) as AsyncIterable<Uint8Array>
  } catch (error) {
    // What reading the stored bytes says is closer to the cause than what decrypting says of them.
    throw source.failure() ?? explained(error)
  }
}

/** Returns a code encrypted to a recipient, as text that can be copied from a terminal. */
export async function encryptText(text: string, recipient: string): Promise<string> {
  const {armor, Encrypter} = await age()
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  return armor.encode(await encrypter.encrypt(text))
}

/** Returns a new identity, held in memory alone, and its recipient. */
export async function newIdentity(): Promise<{identity: string; recipient: string}> {
  const {generateX25519Identity, identityToRecipient} = await age()
  const identity = await generateX25519Identity()
  return {identity, recipient: await identityToRecipient(identity)}
}

/** Returns the identities in a key file, whose other lines are comments. Throws `usage` without saying what it holds. */
export function identitiesIn(text: string, origin: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length > 0 && lines.every((line) => line.startsWith('AGE-SECRET-KEY-'))) return lines
  throw new OperatorError('usage', `${origin} holds no age identity.`, {
    hint: 'age-keygen writes one; its lines begin with AGE-SECRET-KEY-.',
  })
}

/** Returns the recipients of identities. Throws `usage` for a key that is mistyped or cut. */
export async function recipientsOf(identities: readonly string[], origin: string): Promise<string[]> {
  const {identityToRecipient} = await age()
  try {
    return await Promise.all(identities.map((identity) => identityToRecipient(identity)))
  } catch {
    // The library's message may quote the key.
    throw new OperatorError('usage', `${origin} holds a key that is mistyped or cut.`, {hint: 'Copy the whole line that age-keygen wrote.'})
  }
}

/** Throws `usage` naming the recipient that is no key of age. */
export async function assertRecipients(recipients: readonly string[]): Promise<void> {
  if (recipients.length === 0) return
  const {Encrypter} = await age()
  for (const recipient of recipients) {
    try {
      new Encrypter().addRecipient(recipient)
    } catch (error) {
      throw new OperatorError('usage', `${recipient} is no age recipient: it is mistyped or cut.`, {
        hint: 'age-keygen -y key.txt prints the recipient of a key.',
        cause: error,
      })
    }
  }
}

function watched(bytes: Bytes): {bytes: Bytes; failure(): unknown} {
  let failure: unknown
  return {
    bytes: (async function* () {
      try {
        yield* bytes
      } catch (error) {
        failure = error
        throw error
      }
    })(),
    failure: () => failure,
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OperatorError) return error
  if (/no identity matched/i.test(error.message)) {
    return new OperatorError('denied', 'The backup is encrypted to other keys than those at hand.', {
      hint: 'Give the key that it was written for with --identity FILE.',
      cause: error,
    })
  }
  return new OperatorError('corrupt', 'The encrypted backup is cut or was changed: it cannot be decrypted.', {
    hint: 'Use another backup: sparkone restore --list',
    cause: error,
  })
}

function toStream(bytes: Bytes): ReadableStream<Uint8Array> {
  return ReadableStream.from(bytes)
}

/** Loaded where something is encrypted, so that every other command starts without it. */
function age() {
  return import('age-encryption')
}
