import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {proof} from './parts.ts'

export const verifyDocument = documentSchema('verify', [
  {status: z.enum(['done', 'failed']).describe('failed: the backup did not pass.'), proof},
  plannedShape,
])
