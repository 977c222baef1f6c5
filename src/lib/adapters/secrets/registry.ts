import {parseDocument} from 'yaml'
import {z} from 'zod'
import type {SecretRegistry} from '../../domain/secret-registry.ts'
import {OperatorError} from '../../errors.ts'

const day = z.iso.date({error: 'expected a day such as 2026-01-31'}).nullish()

const interval = z
  .string({error: 'expected days such as 90d'})
  .regex(/^[1-9]\d{0,3}d$/, {error: 'expected days such as 90d'})
  .transform((text) => Number(text.slice(0, -1)))

const registrySchema = z.strictObject({
  version: z.literal(1, {error: 'expected 1'}),
  fields: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/),
    z.strictObject({
      owner: z.string({error: 'expected a role'}).min(1),
      rotate: interval,
      length: z.int().min(1).default(1),
      optional: z.boolean().default(false),
    }),
  ),
  environments: z.record(z.string(), z.record(z.string(), z.strictObject({rotated: day, expires: day})).nullable()),
})

/** Returns the registry in a file. Throws `usage` with everything that is wrong with it. */
export function readRegistry(text: string, file: string): SecretRegistry {
  const document = parseDocument(text, {prettyErrors: false, logLevel: 'silent'})
  const [broken] = document.errors
  if (broken) throw invalid(file, [broken.message])
  const parsed = registrySchema.safeParse(document.toJS())
  if (!parsed.success)
    throw invalid(
      file,
      parsed.error.issues.map(({path, message}) => `${path.join(' › ') || 'the file'}: ${message}`),
    )
  const {fields, environments} = parsed.data
  const strangers = Object.entries(environments).flatMap(([environment, dates]) =>
    Object.keys(dates ?? {}).flatMap((name) => (fields[name] ? [] : `environments › ${environment} › ${name}: there is no such field`)),
  )
  if (strangers.length > 0) throw invalid(file, strangers)
  return {
    fields: Object.entries(fields).map(([name, {owner, rotate, length, optional}]) => {
      return {name, owner, rotateEveryDays: rotate, minimumLength: length, optional}
    }),
    dates: Object.fromEntries(Object.entries(environments).map(([environment, dates]) => [environment, withoutNulls(dates ?? {})])),
  }
}

type Written = Record<string, {rotated?: string | null | undefined; expires?: string | null | undefined}>

function withoutNulls(dates: Written): SecretRegistry['dates'][string] {
  return Object.fromEntries(
    Object.entries(dates).map(([name, {rotated, expires}]) => [name, {rotated: rotated ?? undefined, expires: expires ?? undefined}]),
  )
}

function invalid(file: string, details: readonly string[]): OperatorError {
  return new OperatorError('usage', `${file} is not valid.`, {details, hint: 'secrets/README.md tells what stands in it.'})
}
