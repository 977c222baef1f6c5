import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {anomaly, mark} from './parts.ts'

const where = {
  places: z.array(z.string()).describe('Where the mark was written: local, or the name of a target.'),
  failures: z.array(z.object({place: z.string(), message: z.string()})).describe('Where it could not be written, and why.'),
}

export const backupKeepDocument = documentSchema('backup-keep', [
  {status: z.literal('done'), id: z.string(), keep: mark.describe('Null: left to the rules.'), ...where},
  plannedShape,
])

export const backupAcceptDocument = documentSchema('backup-accept', [
  {status: z.literal('done'), id: z.string(), accepted: mark, anomalies: z.array(anomaly).describe('What was accepted.'), ...where},
  plannedShape,
])
