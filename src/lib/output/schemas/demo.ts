import {z} from 'zod'
import {documentSchema} from './document.ts'
import {healthReport} from './health.ts'
import {proof, seconds} from './parts.ts'
import {restored, undone} from './restore.ts'

const set = z
  .object({manifest: z.looseObject({id: z.string()}), proof: z.null(), location: z.string()})
  .describe('The backup, with what its manifest.json holds.')

const scene = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('heading'), title: z.string(), command: z.string().nullable()}),
  z.object({kind: z.literal('health'), report: z.object(healthReport)}),
  z.object({
    kind: z.literal('backup'),
    report: z.object({set, seconds: z.object({dump: seconds, readBack: seconds, total: seconds})}),
  }),
  z.object({kind: z.literal('verify'), proof}),
  z.object({kind: z.literal('accident'), statements: z.array(z.string())}),
  z.object({kind: z.literal('restore'), report: z.object(restored)}),
  z.object({kind: z.literal('compared'), what: z.string(), tables: z.int()}),
  z.object({kind: z.literal('undo'), report: z.object(undone)}),
  z.object({kind: z.literal('measured'), recoveryTimeSeconds: seconds, recoveryPointSeconds: seconds}),
])

const folder = z.string().describe('Folder of the stack.')

export const demoDocument = documentSchema('demo', [
  {status: z.literal('done'), folder, kept: z.boolean().describe('The stack is still up.'), scenes: z.array(scene)},
  {status: z.literal('done'), folder},
])
