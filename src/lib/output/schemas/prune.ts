import {z} from 'zod'
import {pruneKinds} from '../../domain/prune-plan.ts'
import {documentSchema, plannedShape} from './document.ts'
import {bytes} from './parts.ts'

const kind = z.enum(pruneKinds)

const disk = z.object({
  path: z.string().describe('Where it is mounted.'),
  totalBytes: bytes,
  freeBytes: bytes.describe('Before.'),
  freeBytesAfter: bytes.nullable().describe('Null on a dry run.'),
})

const item = z.object({
  kind,
  id: z.string(),
  name: z.string(),
  bytes: bytes.describe('What removing it gives back at least.'),
  reason: z.string().describe('Why it goes.'),
  outcome: z.enum(['planned', 'removed', 'left', 'failed']).describe('left: it has changed since the plan was made.'),
  explanation: z.string().nullable().describe('Why it was left, or could not be removed.'),
})

const kept = z.object({kind, id: z.string(), name: z.string(), bytes, reason: z.string().describe('Why it stays.')})

const volume = z.object({
  name: z.string(),
  bytes: bytes.nullable().describe('Null where Docker has not measured it.'),
  lastUser: z.string().nullable().describe('The container that uses it, or did last; null where none is left that tells.'),
  isInUse: z.boolean(),
})

const shape = {
  planId: z.string().nullable().describe('Name of the plan, for --plan; null where nothing was looked at.'),
  enoughRoom: z.boolean().describe('With --when-below: there was room enough, and nothing was looked at.'),
  disks: z.array(disk),
  items: z.array(item).describe('Exactly what goes.'),
  kept: z.array(kept),
  volumes: z.array(volume).describe('Only reported: volumes are never removed.'),
  notes: z.array(z.string()).describe('What could not be looked at.'),
}

export const pruneDocument = documentSchema('prune', [
  {status: z.literal('done'), ...shape, removedBytes: bytes, swept: z.array(z.string()).describe('What was cleaned up after earlier runs that died.')},
  {...plannedShape, ...shape},
])
