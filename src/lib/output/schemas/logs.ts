import {z} from 'zod'
import {documentSchema} from './document.ts'
import {time} from './parts.ts'

const line = z.object({
  service: z.string(),
  time: time.nullable().describe('Null where neither the line nor Docker tells.'),
  level: z.string().nullable(),
  message: z.string().describe('Control characters are written as \\x1b or \\u{202e}.'),
  extra: z.record(z.string(), z.unknown()).describe('What else a line of JSON holds.'),
})

export const logsDocument = documentSchema('logs', [
  {status: z.literal('found'), lines: z.array(line).describe('In the order of their times.')},
])
