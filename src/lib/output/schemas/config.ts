import {z} from 'zod'
import {documentSchema} from './document.ts'

const source = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('flag'), flag: z.string()}),
  z.object({kind: z.literal('variable'), name: z.string().describe('Environment variable.')}),
  z.object({kind: z.literal('file'), file: z.string(), line: z.int().min(1), column: z.int().min(1)}),
  z.object({kind: z.literal('detected'), from: z.string()}),
  z.object({kind: z.literal('default')}),
])

const setting = z.object({
  key: z.string().describe('Dotted path, such as health.timeout.'),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
    .describe('Null when not set; [redacted] for a secret.'),
  source,
})

export const configDocument = documentSchema('config', [
  {
    status: z.literal('ok'),
    file: z.string().nullable().describe('The configuration file, or null when there is none.'),
    environment: z.string(),
    settings: z.array(setting),
  },
])
