import {z} from 'zod'
import {exitCodes, type ErrorKind} from '../../errors.ts'

/** What every run that failed answers, whatever the command. */
export const failureShape = {
  status: z.literal('failed'),
  error: z.object({
    kind: z.enum(Object.keys(exitCodes) as ErrorKind[]),
    message: z.string().describe('One sentence.'),
    hint: z.string().optional().describe('What to do next.'),
    details: z.array(z.string()).optional().describe('What belongs to the message, one finding each.'),
  }),
}

/** What a dry run of a change answers. */
export const plannedShape = {
  status: z.literal('planned'),
  plan: z.array(z.string()).describe('What would be done, one step each.'),
}

/** Returns the schema of a command's document: one of its answers, or a failure. Only additive changes are made to any of them. */
export function documentSchema(verb: string, answers: readonly z.ZodRawShape[]): z.ZodType {
  const common = {schema: z.literal(`sparkone/${verb}@1`), exitCode: z.int().min(0).describe('The exit code of the process.')}
  return z.union([...answers, failureShape].map((shape) => z.object({...common, ...shape})))
}

/** The failure of any command, and of a command that does not exist. */
export const failureSchema = z.object({
  schema: z.string().regex(/^sparkone\/[a-z-]+@1$/),
  exitCode: z.int().min(1).describe('The exit code of the process.'),
  ...failureShape,
})
