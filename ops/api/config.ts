import {readFileSync} from 'node:fs'
import {z} from 'zod'
import {databaseAddress, databaseAddressProblem} from './database-address.ts'

const text = z.string().min(1)
const number = (least: number, most: number, otherwise: number) => z.coerce.number().min(least).max(most).default(otherwise)
const count = (least: number, most: number, otherwise: number) => z.coerce.number().int().min(least).max(most).default(otherwise)
const list = z.string().transform((value) => value.split(',').flatMap((part) => part.trim() || []))
const flag = (otherwise: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .transform((value) => value === 'true' || value === '1')
    .default(otherwise)

const isAddress = (value: string) => URL.canParse(`redis://${value}`) && !value.includes('/')

const server = {
  HOST: text.default('127.0.0.1'),
  PORT: count(0, 65_535, 8000),
  WORKERS: count(1, 64, 1),
  DRAIN_DELAY_MILLISECONDS: count(0, 9_000, 500),
  REQUEST_TIMEOUT_SECONDS: number(1, 600, 30),
  TRUSTED_PROXIES: count(0, 10, 0),
  CORS_ORIGINS: list.default([]),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  LOG_FORMAT: z.enum(['json', 'text']).default('json'),
}

const stores = {
  DATABASE_URL: z.url({protocol: /^postgres(ql)?$/, error: 'must be a URL that starts with postgresql://'}).check(({value, issues}) => {
    const problem = URL.canParse(value) ? databaseAddressProblem(new URL(value)) : null
    if (problem !== null) issues.push({code: 'custom', message: problem, input: value})
  }),
  DATABASE_PASSWORD: text.optional(),
  DATABASE_POOL_SIZE: count(2, 200, 10),
  MIGRATE_AT_START: flag(true),
  REDIS_URL: z.url({protocol: /^rediss?$/, error: 'must be a URL that starts with redis:// or rediss://'}).optional(),
  REDIS_PASSWORD: text.optional(),
  REDIS_CA: z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, {error: 'must be certificates in PEM'})
    .optional(),
  REDIS_SENTINELS: list.refine((addresses) => addresses.every(isAddress), {error: 'must be host:port, separated by commas'}).default([]),
  REDIS_SENTINEL_PASSWORD: text.optional(),
  REDIS_SENTINEL_GROUP: text.default('mymaster'),
  CACHE_SECONDS: count(0, 3_600, 30),
}

const guards = {
  RATE_LIMIT_PER_MINUTE: count(0, 1_000_000, 600),
  RATE_LIMIT_HEAVY_PER_MINUTE: count(0, 1_000_000, 120),
  RATE_LIMIT_LOGIN_PER_MINUTE: count(0, 1_000_000, 10),
  REQUIRE_LOGIN: flag(false),
  SESSION_LIFETIME_SECONDS: count(60, 2_592_000, 43_200),
  SESSION_ROTATION_SECONDS: count(1, 86_400, 900),
  SESSION_COOKIE_SECURE: flag(true),
  WEBHOOK_SECRETS: list.default([]),
  WEBHOOK_TOLERANCE_SECONDS: count(1, 3_600, 300),
}

const integrations = {
  NOTION_TOKEN: text.optional(),
  NOTION_DATA_SOURCE_ID: text.optional(),
  NOTION_BASE_URL: z.url().default('https://api.notion.com'),
  NOTION_SYNC_INTERVAL_SECONDS: count(0, 86_400, 300),
  NOTION_TIMEOUT_SECONDS: number(0.1, 120, 10),
  CIRCUIT_BREAKER_FAILURES: count(1, 1_000, 5),
  CIRCUIT_BREAKER_RESET_SECONDS: number(0.1, 86_400, 300),
  NOTION_CIRCUIT_BREAKER_FAILURES: count(1, 1_000, 5).optional(),
  NOTION_CIRCUIT_BREAKER_RESET_SECONDS: number(0.1, 86_400, 300).optional(),
  REDIS_CIRCUIT_BREAKER_FAILURES: count(1, 1_000, 5),
  REDIS_CIRCUIT_BREAKER_RESET_SECONDS: number(0.1, 86_400, 5),
}

const observation = {
  PROFILER_ENABLED: flag(false),
  PROFILER_SLOW_QUERY_THRESHOLD: number(0, 3_600, 0.5),
  PROFILER_MAX_HISTORY: count(1, 100_000, 1_000),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  OTEL_SERVICE_NAME: text.default('sparkone-api'),
  SENTRY_DSN: z.url().optional(),
  SENTRY_ENVIRONMENT: text.default('production'),
  SENTRY_SLOW_SECONDS: number(0, 3_600, 5),
}

const schema = z
  .object({...stores, ...server, ...guards, ...integrations, ...observation})
  .refine(({REDIS_URL, REDIS_SENTINELS}) => REDIS_URL !== undefined || REDIS_SENTINELS.length === 0, {
    path: ['REDIS_URL'],
    error: 'is missing',
  })

export type Config = z.infer<typeof schema>

/** The names of all variables, for the documents. */
export const variables: readonly string[] = Object.keys(schema.shape)

/**
 * Returns the settings found in the environment; empty values count as absent, and `NAME_FILE` names a file that holds the value of `NAME`.
 * Throws one error that names every wrong variable, never a value.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = readFiles(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')))
  const result = schema.safeParse(given)
  if (result.success) return withPasswords(result.data)
  throw new Error(
    result.error.issues
      .map(({path: [name], message}) => `${String(name)} ${given[String(name)] === undefined ? 'is missing' : message}`)
      .join('; '),
  )
}

function readFiles(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  const given = {...environment}
  for (const name of variables) {
    const file = environment[`${name}_FILE`]
    if (file === undefined || given[name] !== undefined) continue
    try {
      // As with variables, an empty file means that nothing is set.
      given[name] = readFileSync(file, 'utf8').trim() || undefined
    } catch (cause) {
      throw new Error(`${name}_FILE names a file that cannot be read`, {cause})
    }
  }
  return given
}

// Kept apart from the address, so that the address can stand in a Compose file and the password in a secret.
function withPasswords(config: Config): Config {
  const {DATABASE_URL, DATABASE_PASSWORD, REDIS_URL, REDIS_PASSWORD} = config
  return {
    ...config,
    DATABASE_URL: databaseAddress(withPassword(DATABASE_URL, DATABASE_PASSWORD)),
    ...(REDIS_URL !== undefined && {REDIS_URL: withPassword(REDIS_URL, REDIS_PASSWORD)}),
  }
}

function withPassword(address: string, password: string | undefined): string {
  if (password === undefined) return address
  const url = new URL(address)
  url.password = encodeURIComponent(password)
  return url.href
}
