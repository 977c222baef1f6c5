import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {seconds, time} from './parts.ts'

const migrations = z
  .array(z.object({name: z.string(), breaking: z.boolean().nullable().describe('Whether older code cannot work with it; null where nothing says.')}))
  .nullable()

const release = z.object({
  id: z.string(),
  kind: z.enum(['deploy', 'rollback', 'found']).describe('found: what ran when the ledger was begun.'),
  reference: z.string(),
  previous: z.string().nullable(),
  version: z.string().nullable(),
  commit: z.string().nullable(),
  images: z.array(
    z.object({service: z.string(), name: z.string(), id: z.string(), digest: z.string().nullable(), replicas: z.number()}),
  ),
  schema: z.object({before: migrations, after: migrations}),
  minimumSchema: z.string().nullable().describe('The oldest schema whose code can work on the one of this release; null where any can, or nothing says.'),
  backup: z.string().nullable(),
  restart: z.boolean().describe('Whether containers whose image stays the same are replaced, too.'),
  data: z.string().nullable().describe('The backup whose data came with it.'),
  actor: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  outcome: z.enum(['good', 'put back', 'failed', 'abandoned']).nullable().describe('null: under way, or cut off.'),
  step: z.string().nullable(),
  reason: z.string().nullable(),
})

const performance = z.object({errors: z.number().nullable(), p95Seconds: seconds.nullable()})

const soaked = z
  .object({
    before: performance,
    after: performance,
    answers: z.object({well: z.number(), all: z.number()}),
    notes: z.array(z.string()).describe('What is not looked at, since nothing is configured for it.'),
    remarks: z.array(z.string()),
  })
  .nullable()

const done = {
  status: z.literal('done'),
  release: release.nullable().describe('null: there was nothing to do.'),
  soak: soaked,
  remarks: z.array(z.string()),
  lastLines: z.array(z.string()),
}

export const deployDocument = documentSchema('deploy', [done, plannedShape])
export const deployResumeDocument = documentSchema('deploy-resume', [done, plannedShape])
export const rollbackDocument = documentSchema('rollback', [done, plannedShape])
export const releasesDocument = documentSchema('releases', [
  {status: z.literal('found'), current: z.string().nullable().describe('Id of the release that runs.'), releases: z.array(release)},
])
