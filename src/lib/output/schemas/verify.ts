import {z} from 'zod'
import {documentSchema, failureShape, plannedShape} from './document.ts'
import {proof} from './parts.ts'

const proven = {status: z.enum(['done', 'failed']).describe('failed: the backup did not pass.'), proof}

const each = {database: z.string(), exitCode: z.int().min(0)}

export const verifyDocument = documentSchema('verify', [
  proven,
  {
    status: z.enum(['done', 'failed']).describe('failed: at least one of them failed.'),
    proofs: z.array(z.union([z.object({...proven, ...each}), z.object({...failureShape, ...each})])).describe('Where several databases are backed up: the proof of each.'),
  },
  plannedShape,
])
