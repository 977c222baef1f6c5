import type {RecipientConfirmation} from '../../domain/encryption.ts'

/** Returns the challenges as they are copied to where the keys are. */
export function challengeView(challenges: readonly {recipient: string; file: string}[]): string {
  const parts = challenges.map(({recipient, file}) => `For ${recipient}:\n${file.trimEnd()}`)
  const steps = [
    'Save the lines from BEGIN to END, both included, as challenge.age where the key is.',
    'There: age --decrypt --identity key.txt challenge.age',
    'Then here: sparkone encryption confirm CODE',
  ]
  return [...parts, steps.join('\n')].join('\n\n')
}

/** Returns which keys were confirmed now and which still were not. */
export function confirmView({confirmed, recipients}: {confirmed: readonly string[]; recipients: readonly RecipientConfirmation[]}): string {
  const open = recipients.filter(({confirmedAt}) => confirmedAt === null)
  return [
    ...confirmed.map((recipient) => `Confirmed: what is encrypted to ${recipient} can be decrypted.`),
    ...open.map(({recipient}) => `Not confirmed yet: ${recipient}`),
    ...(open.length === 0 ? ['Each key was shown to decrypt.'] : []),
  ].join('\n')
}
