import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {filesRestored} from './files.ts'
import {physicalListed, physicallyPruned, physicallyRestored, physicallyUndone} from './physical.ts'
import {anomaly, bytes, difference, loading, mark, rows, seconds, time} from './parts.ts'

const kept = z.string().nullable().describe('Name under which the database of before is kept; null when there was none.')

const backup = z.object({
  id: z.string(),
  startedAt: time,
  kind: z.enum(['database', 'files']),
  database: z.string().describe('Empty for a backup of files.'),
  files: z.int().nullable().describe('How many files, of a backup of files.'),
  rows,
  bytes,
  proven: z.boolean().nullable().describe('Null: nobody has verified it yet.'),
  tags: z.array(z.string()),
  anomalies: z.array(anomaly).describe('What it has far less of than the backups before it.'),
  marks: z.object({keep: mark, accepted: mark}).describe('What operators said about it.'),
  location: z.string(),
  where: z.array(z.string()).describe('Places it lies in: local, and the names of targets.'),
})

const listed = {
  status: z.literal('done'),
  location: z.string(),
  backups: z.array(backup).describe('Newest first.'),
  broken: z.array(z.object({location: z.string(), reason: z.string()})).describe('What looks like a backup and is none.'),
  unseen: z
    .array(z.object({name: z.string(), location: z.string(), message: z.string()}))
    .describe('Targets that could not be looked at, and why.'),
  kept: z
    .array(z.object({name: z.string(), database: z.string(), at: time, why: z.string()}))
    .nullable()
    .describe('Databases that restores put aside, newest first of each `database`; null when the server could not be asked.'),
}

const api = z
  .object({done: z.string(), healthy: z.boolean(), problem: z.string().nullable()})
  .nullable()
  .describe('How the API was after the swap; null when nothing was to be done with it.')

export const restored = {
  label: z.string().describe('Id of the backup, or path of the dump.'),
  database: z.string(),
  kept,
  roles: z.array(z.string()).describe('Roles that were made, because the server lacked them.'),
  api,
  tables: z.int(),
  rows,
  notes: z.array(difference),
  loading: loading.nullable().describe('How the archive was loaded; null for plain SQL.'),
  recoveryPointSeconds: z.number().nullable().describe('Age of the restored data in seconds; null for the dump of another tool.'),
  seconds: z.object({restore: seconds, compare: seconds, swap: seconds, total: seconds}),
}

export const undone = {
  database: z.string(),
  kept,
  api,
  broughtBack: z.string().describe('Name that the database which is live now had.'),
  seconds,
}

const pruned = {
  database: z.string(),
  dropped: z.array(z.object({name: z.string(), bytes})).describe('Databases that earlier restores had put aside.'),
  kept: z.array(z.string()).describe('Those that stay, newest first.'),
}

export const restoreDocument = documentSchema('restore', [
  listed,
  {status: z.literal('done'), ...restored},
  {status: z.literal('done'), ...undone},
  {status: z.literal('done'), ...pruned},
  filesRestored,
  physicalListed,
  physicallyRestored,
  physicallyUndone,
  physicallyPruned,
  plannedShape,
])
