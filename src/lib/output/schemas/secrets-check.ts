import {z} from 'zod'
import {documentSchema} from './document.ts'
import {finding, status} from './parts.ts'

const day = z.iso.date().nullable()

const field = z.object({
  environment: z.string(),
  name: z.string().describe('Dotted path in the encrypted file.'),
  owner: z.string().describe('A role.'),
  state: z.enum(['encrypted', 'plain', 'empty', 'damaged', 'missing']),
  rotatedOn: day.describe('Null when it is not recorded.'),
  dueOn: day.describe('Day by which it must be rotated; null when that is not known, or it is turned off.'),
  expiresOn: day.describe('Null when it does not expire.'),
  status,
})

export const secretsCheckDocument = documentSchema('secrets-check', [
  {status, folder: z.string(), fields: z.array(field), findings: z.array(finding)},
])
