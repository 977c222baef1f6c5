import {z} from 'zod'
import {documentSchema} from './document.ts'
import {finding, status, time} from './parts.ts'

const amount = z.int().min(0)

export const healthReport = {
  status: status.describe('That of the worst finding.'),
  project: z.string(),
  environment: z.string(),
  at: time,
  milliseconds: z.number().min(0).describe('How long it took.'),
  counts: z.object({ok: amount, unknown: amount, warning: amount, critical: amount}).describe('Findings of each status.'),
  findings: z.array(finding).describe('Worst first.'),
  notLookedAt: z.array(z.string()).describe('What is not configured, with the setting that would change that.'),
}

export const healthDocument = documentSchema('health', [healthReport])
