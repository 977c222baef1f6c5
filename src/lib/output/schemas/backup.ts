import {z} from 'zod'
import {documentSchema, failureShape, plannedShape} from './document.ts'
import {filesBackedUp} from './files.ts'
import {physicalBackedUp} from './physical.ts'
import {anomaly, bytes, copyOutcome, dumping, hookRemarks, rows, seconds, tableRows} from './parts.ts'

const databaseBackedUp = {
    status: z.literal('done'),
    id: z.string(),
    location: z.string(),
    database: z.string(),
    bytes: bytes.describe('Bytes of all files of the backup.'),
    rows,
    tables: z.array(tableRows),
    dumping,
    seconds: z.object({dump: seconds, readBack: seconds, total: seconds}),
    tags: z.array(z.string()),
    anomalies: z.array(anomaly).describe('What it has far less of than the backups before it.'),
    copies: z.array(copyOutcome).describe('How the copy at each target off-site went.'),
    swept: z.array(z.string()).describe('What was cleaned up after earlier runs that died.'),
    remarks: hookRemarks,
  }

const each = {database: z.string(), exitCode: z.int().min(0)}

export const backupDocument = documentSchema('backup', [
  databaseBackedUp,
  filesBackedUp,
  physicalBackedUp,
  {
    status: z.enum(['done', 'failed']).describe('failed: at least one of them failed.'),
    sets: z.array(z.union([z.object({...databaseBackedUp, ...each}), z.object({...failureShape, ...each})])).describe('Where several databases are backed up: what became of each.'),
  },
  plannedShape,
])
