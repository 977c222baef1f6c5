import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {proof, seconds, time} from './parts.ts'

const objectives = z.object({recoveryTimeSeconds: seconds, recoveryPointSeconds: seconds})

const report = z.object({
  format: z.literal(1),
  id: z.string().describe('Id of the backup.'),
  from: z.string().describe('Where it was taken from.'),
  startedAt: time,
  passed: z.boolean(),
  failures: z.array(z.string()),
  checks: z.array(z.object({name: z.string(), expected: z.string(), actual: z.string(), passed: z.boolean()})),
  recoveryTimeSeconds: seconds.nullable().describe('Until everything was proven; null when that never came.'),
  recoveryPointSeconds: z.number().describe('Age of the backup when the drill began, in seconds.'),
  objectives,
  met: z.boolean().describe('It passed, and both times are within the objectives.'),
})

export const drillDocument = documentSchema('drill', [
  {status: z.enum(['done', 'failed']).describe('failed: the drill did not pass.'), report, proof, location: z.string().describe('Where the report is kept.'), remarks: z.array(z.string()).describe('What is worth knowing and changes nothing of what was shown.')},
  plannedShape,
])
