import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {bytes, time} from './parts.ts'

const reason = z.object({
  rule: z.string().describe('The key of backup.retention that keeps it; or marked, future, newer, unproven, frozen; none for one that goes.'),
  message: z.string(),
})

const backup = z.object({
  id: z.string(),
  database: z.string(),
  startedAt: time,
  bytes,
  proven: z.boolean().nullable().describe('Null: not verified yet.'),
  action: z.enum(['keep', 'remove']),
  reasons: z.array(reason).describe('All of them.'),
  failure: z.string().nullable().describe('Why it could not be removed.'),
  hidden: z.boolean().describe('It was removed, but its store keeps it as an older version, and no byte of it is free.'),
})

const places = z
  .array(
    z.object({
      name: z.string().describe('local, or the name of the target.'),
      location: z.string(),
      failure: z.string().nullable().describe('Why nothing is known of it, and so nothing was done.'),
      databases: z.array(
        z.object({
          database: z.string(),
          frozen: z.string().nullable().describe('Why nothing may be removed now.'),
          due: z.int().describe('How many the rules would remove if nothing stood in the way.'),
        }),
      ),
      backups: z.array(backup).describe('Newest first within each database.'),
    }),
  )
  .describe('This machine, then each place off-site.')

export const backupCleanupDocument = documentSchema('backup-cleanup', [
  {
    status: z.enum(['done', 'failed']).describe('failed: nothing of what was due could be removed.'),
    places,
    freedBytes: bytes,
    hiddenBytes: bytes.describe('Of what was removed, bytes that stores keep as older versions until a rule of the bucket ends them.'),
    swept: z.array(z.string()).describe('What was cleaned up after earlier runs that died.'),
  },
  {...plannedShape, places},
])
