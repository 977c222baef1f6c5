import {z} from 'zod'
import {documentSchema, plannedShape} from './document.ts'
import {bytes, finding} from './parts.ts'

const findings = z.array(finding).describe('What was left alone and why, and containers whose logs have no bound.')

export const rotateLogsDocument = documentSchema('rotate-logs', [
  {
    status: z.literal('done'),
    rotated: z.array(z.object({path: z.string(), to: z.string(), reason: z.string()})),
    removed: z.array(z.string()).describe('Paths of rotated logs and snapshots that were removed.'),
    snapshots: z.array(z.object({service: z.string(), path: z.string(), lines: z.int(), bytes})),
    idle: z.int().describe('Logs that were not due.'),
    findings,
  },
  {...plannedShape, findings},
])
