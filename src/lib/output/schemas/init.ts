import {z} from 'zod'
import {documentSchema} from './document.ts'

export const initDocument = documentSchema('init', [
  {
    status: z.enum(['done', 'planned']).describe('planned: a dry run.'),
    file: z.string(),
    text: z.string().describe('What the file says.'),
    summary: z.array(z.string()),
    replaced: z.boolean().describe('An older file was replaced and is kept as .bak.'),
    written: z.boolean(),
  },
])
