import {z} from 'zod'
import {documentSchema} from './document.ts'
import {finding, status} from './parts.ts'

export const doctorDocument = documentSchema('doctor', [
  {status: status.describe('That of the worst finding.'), findings: z.array(finding)},
  {
    status: z.literal('ok'),
    checks: z.array(z.object({name: z.string(), about: z.string().describe('What it asks.')})).describe('With --list.'),
  },
])
