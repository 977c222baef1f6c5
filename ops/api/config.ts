import {z} from 'zod'

const schema = z.object({
  DATABASE_URL: z.url({protocol: /^postgres(ql)?$/, error: 'must be a URL that starts with postgresql://'}),
  REDIS_URL: z.url({protocol: /^rediss?$/, error: 'must be a URL that starts with redis://'}).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8000),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  DRAIN_DELAY_MILLISECONDS: z.coerce.number().int().min(0).max(9_000).default(500),
})

export type Config = z.infer<typeof schema>

/** Returns the settings found in the environment; empty values count as absent. Throws one error that names every wrong variable, never a value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new Error(
    result.error.issues.map((issue) => `${issue.path.join('.')} ${given[String(issue.path[0])] ? issue.message : 'is missing'}`).join('; '),
  )
}
