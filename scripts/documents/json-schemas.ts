import {z} from 'zod'
import {statuses} from '../../src/lib/domain/finding.ts'
import {exitCodes, type ErrorKind} from '../../src/lib/errors.ts'

const source = z.discriminatedUnion('kind', [
  z.looseObject({kind: z.literal('flag'), flag: z.string()}),
  z.looseObject({kind: z.literal('variable'), name: z.string().describe('Environment variable.')}),
  z.looseObject({kind: z.literal('file'), file: z.string(), line: z.int().min(1), column: z.int().min(1)}),
  z.looseObject({kind: z.literal('detected'), from: z.string()}),
  z.looseObject({kind: z.literal('default')}),
])

const setting = z.looseObject({
  key: z.string().describe('Dotted path, such as health.timeout.'),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])
    .describe('Null when not set; [redacted] for a secret.'),
  source,
})

const status = z.enum(statuses)

const measurement = z.looseObject({
  label: z.string(),
  value: z.number(),
  unit: z.enum(['', 's', '%', 'B', 'c']).optional().describe('As in Nagios performance data.'),
  warning: z.number().optional(),
  critical: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})

const finding = z.looseObject({
  subject: z.string(),
  status,
  message: z.string(),
  hint: z.string().optional().describe('What to type next.'),
  measurements: z.array(measurement).optional(),
})

/** What each command answers with `--json` when it did what it was asked to. Only additive changes are made. */
const answers: Record<string, z.ZodRawShape> = {
  config: {
    status: z.literal('ok'),
    file: z.string().nullable().describe('The configuration file, or null when there is none.'),
    environment: z.string(),
    settings: z.array(setting),
  },
  health: {
    status: status.describe('That of the worst finding.'),
    project: z.string(),
    environment: z.string(),
    at: z.iso.datetime(),
    milliseconds: z.number().describe('How long it took.'),
    counts: z.looseObject(Object.fromEntries(statuses.map((each) => [each, z.int()]))).describe('Findings of each status.'),
    findings: z.array(finding).describe('Worst first.'),
    notLookedAt: z.array(z.string()).describe('What is not configured.'),
  },
  init: {
    status: z.enum(['done', 'planned']).describe('planned: a dry run.'),
    file: z.string(),
    text: z.string().describe('What the file says.'),
    summary: z.array(z.string()),
    replaced: z.boolean().describe('An older file was replaced and is kept as .bak.'),
    written: z.boolean(),
  },
}

const failure = {
  status: z.literal('failed'),
  error: z.looseObject({
    kind: z.enum(Object.keys(exitCodes) as ErrorKind[]),
    message: z.string(),
    hint: z.string().optional(),
    details: z.array(z.string()).optional(),
  }),
}

/** Returns the JSON Schema of each command's document, success or failure, by its path in the repository. */
export function jsonSchemas(): [path: string, text: string][] {
  return Object.entries(answers).map(([verb, answer]) => {
    const document = z.union([documentOf(verb, answer), documentOf(verb, failure)])
    const schema = {...z.toJSONSchema(document), title: `sparkone/${verb}@1`}
    return [`schemas/${verb}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`]
  })
}

function documentOf(verb: string, shape: z.ZodRawShape) {
  return z.looseObject({schema: z.literal(`sparkone/${verb}@1`), exitCode: z.int().min(0), ...shape})
}
