import {z} from 'zod'
import {statuses} from '../../domain/finding.ts'

export const seconds = z.number().min(0).describe('Seconds.')
export const bytes = z.int().min(0).describe('Bytes.')
export const rows = z.int().min(0).describe('Rows.')
export const time = z.iso.datetime()
export const status = z.enum(statuses)

const measurement = z.object({
  label: z.string(),
  value: z.number(),
  unit: z.enum(['', 's', '%', 'B', 'c']).optional().describe('As in Nagios performance data.'),
  warning: z.number().optional().describe('Value from which it is a warning.'),
  critical: z.number().optional().describe('Value from which it is critical.'),
  below: z.boolean().optional().describe('True where the limits are met from above: less is worse.'),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})

export const finding = z.object({
  subject: z.string(),
  status,
  message: z.string(),
  hint: z.string().optional().describe('What to do next.'),
  measurements: z.array(measurement).optional(),
})

const copyFailure = z.object({message: z.string(), hint: z.string().nullable()})

export const copyOutcome = z.object({
  target: z.string(),
  location: z.string(),
  confirmed: z.boolean().describe('Body, size, checksum and manifest were confirmed by the store.'),
  bytes,
  seconds,
  failure: copyFailure.nullable(),
})

export const tableRows = z.object({
  schema: z.string(),
  name: z.string(),
  rows,
  hash: z.string().optional().describe('Of the contents, whatever the order of rows and columns.'),
})

export const difference = z.object({
  subject: z.string().describe('For example: table public.orders.'),
  expected: z.string().describe('What the backup holds.'),
  actual: z.string().describe('What was found.'),
  severity: z.enum(['fatal', 'note']).describe('A note does not spoil the proof.'),
})

const proofDepth = z.object({
  hashed: z.boolean().describe('Whether the contents of every table were compared, and not just the number of its rows.'),
  btreeIndexes: z.int().nullable().describe('Indexes that amcheck walked through; null where the server has no amcheck.'),
  vectorIndexes: z.int().describe('Vector indexes that answered a query.'),
  roles: z.int().nullable().describe('Roles compared; null where the backup does not record them.'),
  privileges: z.int().nullable().describe('Objects whose owner and privileges were compared.'),
})

export const loading = z
  .object({jobs: z.int().min(1).describe('Processes that loaded the archive at once.'), why: z.string()})
  .describe('How the archive was loaded.')

export const dumping = z
  .object({jobs: z.int().min(1).describe('Processes that wrote the dump at once.'), why: z.string()})
  .describe('How the dump was written.')

/** What `proof.json` holds, too. */
export const proof = z.object({
  format: z.literal(1),
  id: z.string().describe('Id of the backup, or path of the dump.'),
  verifiedAt: time,
  passed: z.boolean(),
  where: z.string().describe('What it was restored into.'),
  serverVersion: z.string(),
  tables: z.int(),
  rows,
  indexes: z.int(),
  constraints: z.int(),
  sequences: z.int(),
  depth: proofDepth.optional().describe('Left out by a version that counted rows only, and where the restore itself failed.'),
  loading: loading.optional().describe('Left out where the restore itself failed, for scripts, and by a version that knew one way alone.'),
  files: z.int().optional().describe('Files that were compared, of a set of files; what tells of a database is 0 or empty then.'),
  differences: z.array(difference),
  seconds: z.object({readBack: seconds, start: seconds, restore: seconds, compare: seconds, total: seconds}),
})

export const anomaly = z.object({
  subject: z.string().describe('size, or table and its name.'),
  value: z.number().describe('Bytes of the dump, or rows of the table.'),
  median: z.number().describe('Median of the last proven backups.'),
})

export const mark = z.object({at: time, by: z.string().describe('user@host')}).nullable()

export const hookRemarks = z.array(z.string()).describe('What the programs of backup.hooks that ran behind the backup failed with.')
