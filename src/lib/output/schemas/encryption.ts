import {z} from 'zod'
import {documentSchema} from './document.ts'
import {time} from './parts.ts'

const done = z.literal('done')
const recipient = z.string().describe('Public key of age.')

export const encryptionChallengeDocument = documentSchema('encryption-challenge', [
  {status: done, challenges: z.array(z.object({recipient, file: z.string().describe('An age file in text form that holds a code.')}))},
])

export const encryptionConfirmDocument = documentSchema('encryption-confirm', [
  {
    status: done,
    confirmed: z.array(recipient).describe('Those confirmed now.'),
    recipients: z.array(z.object({recipient, confirmedAt: time.nullable()})),
  },
])
