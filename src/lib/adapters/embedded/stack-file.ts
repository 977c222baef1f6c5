import {z} from 'zod'

const processSchema = z.object({service: z.string(), pid: z.number(), log: z.string()})

/** Contents of `stack.json`: the processes of an embedded stack, in the order they were started. */
export const stackSchema = z.object({processes: z.array(processSchema)})

export type EmbeddedProcess = z.infer<typeof processSchema>
