import type {RecipientConfirmation} from '../domain/encryption.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

export interface Challenge {
  recipient: string
  /** An age file in text form. */
  file: string
}

/** Returns a challenge for each recipient. Throws `usage` when none is configured. */
export async function challengeRecipients(ports: Pick<Ports, 'encryption'>): Promise<Challenge[]> {
  const encryption = await ports.encryption()
  assertSwitchedOn(encryption.recipients)
  const challenges: Challenge[] = []
  for (const recipient of encryption.recipients) challenges.push({recipient, file: await encryption.challenge(recipient)})
  return challenges
}

export interface Confirmed {
  /** Those confirmed now. */
  confirmed: readonly string[]
  recipients: readonly RecipientConfirmation[]
}

/** Confirms a recipient by the code of its challenge, or those of the identity at hand. Throws `usage`, or `refused` for what does not fit. */
export async function confirmRecipients(
  {code, withIdentity}: {code: string | null; withIdentity: boolean},
  ports: Pick<Ports, 'encryption'>,
): Promise<Confirmed> {
  if ((code === null) !== withIdentity) throw new OperatorError('usage', 'Give either the code of a challenge or --identity FILE.')
  const encryption = await ports.encryption()
  assertSwitchedOn(encryption.recipients)
  const confirmed = code === null ? await encryption.confirmIdentities() : [await encryption.confirm(code)]
  return {confirmed, recipients: await encryption.confirmations()}
}

function assertSwitchedOn(recipients: readonly string[]): void {
  if (recipients.length > 0) return
  throw new OperatorError('usage', 'No recipient is configured, so backups are not encrypted.', {
    hint: 'age-keygen makes a key; its recipient (age1…) goes into backup.encryption.recipients of sparkone.yml.',
  })
}
