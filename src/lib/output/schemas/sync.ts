import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {bytes, seconds} from './parts.ts'

const target = z.object({
  target: z.string(),
  location: z.string(),
  copied: z.array(z.object({id: z.string(), bytes, seconds})).describe('Backups that were copied and confirmed.'),
  proofs: z.array(z.string()).describe('Backups whose proof was copied.'),
  taken: z.array(z.string()).describe('Backups whose proof was made elsewhere, of the copy, and is known here now.'),
  marks: z.array(z.string()).describe('Backups whose marks, such as that of `backup keep`, were copied.'),
  abandoned: z.array(z.string()).describe('Uploads that were given up, since nobody would have ended them.'),
  leftovers: z.array(z.string()).describe('Copies that never became whole, left by a run that died more than 48 hours ago, and removed.'),
  remarks: z.array(z.string()).describe('What is worth knowing and no failure.'),
  failures: z.array(z.object({id: z.string().nullable().describe('Null: the whole target.'), message: z.string(), hint: z.string().nullable()})),
})

export const syncDocument = documentSchema('sync', [{status: z.literal('done'), targets: z.array(target)}, plannedShape])
