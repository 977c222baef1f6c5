import {z} from 'zod'
import {secret, section, setting} from '../kinds.ts'

const recipientError = {error: 'expected the public key of an age identity, which begins with age1'}

/** Encryption of backups: who will be able to read them. */
export const encryption = setting(
  section({
    recipients: setting(
      z.array(z.string(recipientError).regex(/^age1[0-9a-z]+$/, recipientError), {error: 'expected a list of age recipients'}).prefault([]),
      'Public keys (age1…) that backups are encrypted to; this machine can write such backups and not read them.',
      {variables: ['SPARKONE_RECIPIENTS'], read: 'list'},
    ),
    identities: setting(
      secret.optional(),
      'Reference to the private keys (AGE-SECRET-KEY-…), only where backups are verified or restored; keep it off the server that writes them.',
      {secret: true, flag: '--identity'},
    ),
  }).prefault({}),
  'Encryption by age.',
)
