import {z} from 'zod'
import {shells} from '../completion/script.ts'
import {documentSchema} from './document.ts'

export const completionDocument = documentSchema('completion', [
  {status: z.literal('found'), shell: z.enum(shells), script: z.string().describe('To be read by the shell.')},
])
