import {z} from 'zod'
import {isMemberName, type Manifest, type Marks, type MemberName, type Proof} from '../../domain/backup-set.ts'

const relation = z.object({schema: z.string(), name: z.string()})
const table = relation.extend({rows: z.number().int().nonnegative(), hash: z.string().optional()})
const sequence = relation.extend({lastValue: z.string(), isCalled: z.boolean()})
const index = relation.extend({table: z.string(), valid: z.boolean(), definition: z.string()})
const constraint = relation.extend({table: z.string(), validated: z.boolean(), definition: z.string()})

const catalogue = z.object({
  tables: z.array(relation),
  partitionedTables: z.array(relation),
  indexes: z.array(index),
  constraints: z.array(constraint),
  sequences: z.array(relation),
  extensions: z.array(z.object({name: z.string(), version: z.string()})),
  views: z.array(relation),
  functions: z.array(z.string()),
  triggers: z.array(z.string()),
})

const properties = z.object({
  owner: z.string(),
  encoding: z.string(),
  localeProvider: z.string(),
  collate: z.string(),
  ctype: z.string(),
  locale: z.string().nullable(),
  connectionLimit: z.number().int(),
  comment: z.string().nullable(),
  settings: z.array(z.object({role: z.string().nullable(), setting: z.string()})),
  privileges: z.array(z.object({grantee: z.string().nullable(), privilege: z.string(), grantable: z.boolean()})).nullable(),
})

const server = z.object({
  version: z.string(),
  versionNumber: z.number().int(),
  systemIdentifier: z.string(),
  sharedPreloadLibraries: z.string(),
  superuser: z.string(),
  imageId: z.string().optional(),
})

const stated = z.array(z.object({subject: z.string(), state: z.string()}))
const access = z.object({roles: stated, privileges: stated})

const memberName = z.custom<MemberName>((name) => typeof name === 'string' && isMemberName(name))
const member = z.object({name: memberName, bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/)})

const files = z.object({
  folder: z.string(),
  entries: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
  stored: z.number().int(),
  include: z.array(z.string()),
  exclude: z.array(z.string()),
  problems: z.array(
    z.object({path: z.string(), fault: z.enum(['changed', 'vanished', 'unreadable', 'unsupported', 'nothing']), message: z.string()}),
  ),
})

/** Unknown keys are kept out of the way, so that a set written by a later version can still be restored. */
export const manifestSchema: z.ZodType<Manifest> = z.object({
  format: z.literal(1),
  id: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/),
  project: z.string(),
  environment: z.string(),
  runtime: z.enum(['compose', 'host', 'embedded']),
  database: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  databaseBytes: z.number().int(),
  tool: z.object({version: z.string(), pgDump: z.string(), compression: z.string()}),
  server,
  properties,
  roles: z.array(z.string()),
  catalogue,
  access: access.optional(),
  contents: z.object({
    tables: z.array(table),
    sequences: z.array(sequence),
    largeObjects: z.number().int(),
    hashedBy: z.string().optional(),
    largeObjectHash: z.string().optional(),
  }),
  members: z.array(member).min(1),
  dumping: z
    .object({jobs: z.number().int(), why: z.string(), rows: z.array(z.object({member: memberName, tables: z.array(relation)}))})
    .optional(),
  tags: z.array(z.string()).optional(),
  anomalies: z.array(z.object({subject: z.string(), value: z.number(), median: z.number()})).optional(),
  encryption: z.object({method: z.literal('age'), recipients: z.array(z.string())}).optional(),
  kind: z.enum(['database', 'files']).optional(),
  files: files.optional(),
})

const proofDepth = z.object({
  hashed: z.boolean(),
  btreeIndexes: z.number().int().nullable(),
  vectorIndexes: z.number().int(),
  roles: z.number().int().nullable(),
  privileges: z.number().int().nullable(),
})

export const proofSchema: z.ZodType<Proof> = z.object({
  format: z.literal(1),
  id: z.string(),
  verifiedAt: z.iso.datetime(),
  passed: z.boolean(),
  where: z.string(),
  serverVersion: z.string(),
  tables: z.number().int(),
  rows: z.number().int(),
  indexes: z.number().int(),
  constraints: z.number().int(),
  sequences: z.number().int(),
  depth: proofDepth.optional(),
  loading: z.object({jobs: z.number().int(), why: z.string()}).optional(),
  differences: z.array(z.object({subject: z.string(), expected: z.string(), actual: z.string(), severity: z.enum(['fatal', 'note'])})),
  seconds: z.object({readBack: z.number(), start: z.number(), restore: z.number(), compare: z.number(), total: z.number()}),
  files: z.number().int().optional(),
})

const mark = z.object({at: z.iso.datetime(), by: z.string()})

export const marksSchema: z.ZodType<Marks> = z.object({
  format: z.literal(1),
  id: z.string(),
  keep: mark.optional(),
  released: mark.optional(),
  accepted: mark.optional(),
})
