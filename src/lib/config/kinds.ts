import {z} from 'zod'
import {parseBytes, parseDuration} from '../domain/quantity.ts'
import {SecretReference} from './secret.ts'

/** How a setting can be given besides in the file, and what else the loader must know of it. */
export interface Origin {
  /** Environment variables that set it, the strongest first. */
  variables?: readonly string[]
  /** The flag that sets it, where it is not named as the key is. */
  flag?: string
  /** How the text of the variable is read. */
  read?: 'number' | 'paths' | 'list'
  /** The value is a secret, or may hold one. */
  secret?: boolean
  /** A relative path is resolved against the folder of the file that names it. */
  path?: boolean
  /** What the default is, in words, when it is found out at run time. */
  fallback?: string
}

export const origins = z.registry<Origin>()

/** Returns the schema with a description and its origin attached; call it last, since zod copies a schema on each method. */
export function setting<Schema extends z.ZodType>(schema: Schema, description: string, origin: Origin = {}): Schema {
  const described = schema.meta({description})
  origins.add(described, origin)
  return described
}

/** Returns a section: unknown keys are errors, whose wording is the loader's. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'expected a section of keys')})
}

export const text = z.string({error: 'expected text'}).min(1, {error: 'expected text'})

const wordsError = {error: 'expected a list of words'}

/** A program with its arguments, word by word. */
export const argv = z.array(text, wordsError).min(1, wordsError)

export const path = z.string({error: 'expected a path'}).min(1, {error: 'expected a path'})

/** Becomes a folder, a lock and a label, so it holds nothing that a file name or a label may not. */
export const identifier = z
  .string({error: 'expected a name of letters, digits, dots, dashes and underscores'})
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, {error: 'expected a name of letters, digits, dots, dashes and underscores'})

export const port = z
  .int({error: 'expected a port between 1 and 65535'})
  .min(1, {error: 'expected a port between 1 and 65535'})
  .max(65_535, {error: 'expected a port between 1 and 65535'})

const percentError = {error: 'expected a percentage between 0 and 100'}

export const percent = z.number(percentError).min(0, percentError).max(100, percentError)

/** Text such as `26h` in the file, milliseconds in the configuration. */
export const duration = z.string({error: 'expected a duration such as 5s, 10m or 26h'}).transform((value, context) => {
  const milliseconds = parseDuration(value)
  if (milliseconds !== null && milliseconds > 0) return milliseconds
  context.addIssue('expected a duration such as 5s, 10m or 26h')
  return z.NEVER
})

/** Returns an amount of at least `minimum` bytes: text such as `20MiB` in the file, bytes in the configuration. */
export function size(example: string, minimum: number) {
  const error = `expected an amount of bytes such as ${example}`
  return z.string({error}).transform((value, context) => {
    const bytes = parseBytes(value)
    if (bytes !== null && bytes >= minimum) return bytes
    context.addIssue(error)
    return z.NEVER
  })
}

const webError = 'expected a URL such as http://localhost:8000'

export const webAddress = z.url({protocol: /^https?$/, error: webError}).refine((value) => !holdsPassword(value), {
  error: 'expected a URL without a password',
})

export const endpointPath = z.string({error: 'expected a path such as /health'}).regex(/^\//, {error: 'expected a path such as /health'})

/** Returns a choice of words that names them all when it is not met. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {error: `expected one of ${words.join(', ')}`})
}

const referenceError = 'expected a reference such as {env: NAME} or {file: path}, since a secret does not belong in this file'

const environmentReference = z.strictObject({env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)})

const fileReference = z.strictObject({file: z.string().min(1)})

/** A reference to a secret; the secret itself is refused. */
export const secret = z
  .union([environmentReference, fileReference], {error: referenceError})
  .transform((reference) => new SecretReference(reference))

/** Returns a URL that may be written out as long as it holds no password; with one it must be a reference. */
export function secretUrl(protocol: RegExp, example: string) {
  const error = `expected a URL such as ${example}, or a reference such as {env: NAME} or {file: path}`
  const literal = z
    .string({error})
    .regex(protocol, {error})
    .refine((value) => !holdsPassword(value), {
      error: 'holds a password, which does not belong in this file: use {env: NAME} or {file: path}',
    })
  return z
    .union([literal, environmentReference, fileReference], {error: (issue) => unionError(issue, error)})
    .transform((place) => new SecretReference(typeof place === 'string' ? {value: place} : (place as {env: string} | {file: string})))
}

function unionError(issue: {input?: unknown}, error: string): string {
  if (typeof issue.input === 'string' && holdsPassword(issue.input)) {
    return 'holds a password, which does not belong in this file: use {env: NAME} or {file: path}'
  }
  return error
}

/** Returns whether a URL carries a password, in its user part or as a parameter. */
export function holdsPassword(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/@]+@/i.test(url) || /[?&]password=/i.test(url)
}
