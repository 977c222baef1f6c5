import {z} from 'zod'
import {nearest} from '../domain/nearest.ts'
import {schemaAt} from './keys.ts'
import {holdsPassword} from './kinds.ts'
import {valueAt} from './layers.ts'
import type {ConfigurationDocument, Position} from './document.ts'

/** Where the values of a layer were written: the closing words of each problem, and its rank among the others. */
export interface Whereabouts {
  value(path: readonly PropertyKey[]): Place
  key(path: readonly PropertyKey[]): Place
}

export interface Place {
  text: string
  rank: number
}

interface Problem {
  sentence: string
  place: Place
}

/** Returns one sentence for each thing that is wrong with a layer: the key, what is allowed, what was written and where. */
export function problemsOf(schema: z.ZodType, value: unknown, where: Whereabouts): string[] {
  const parsed = schema.safeParse(value)
  if (parsed.success) return []
  const problems = parsed.error.issues.flatMap((issue): Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(schema, [...issue.path, key], where))
      : [{sentence: `${nameOf(issue.path)}: ${issue.message}${got(value, issue)}`, place: where.value(issue.path)}],
  )
  return problems.toSorted((a, b) => a.place.rank - b.place.rank).map(({sentence, place}) => `${sentence} (${place.text})`)
}

/** Returns the whereabouts of a file: `sparkone.yml:14:12`, ranked as written. */
export function whereaboutsOf(shown: string, document: ConfigurationDocument): Whereabouts {
  const placed = ({line, column}: Position) => ({text: `${shown}:${line}:${column}`, rank: line * 10_000 + column})
  return {value: (path) => placed(document.locate(path)), key: (path) => placed(document.locateKey(path))}
}

function unknownKey(schema: z.ZodType, path: readonly PropertyKey[], where: Whereabouts): Problem {
  const known = knownKeys(schema, path.slice(0, -1))
  const guess = nearest(String(path.at(-1)), known)
  const advice = guess === null ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`
  return {sentence: `${nameOf(path)}: unknown key, ${advice}`, place: where.key(path)}
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const section = schemaAt(schema, path)
  return section instanceof z.ZodObject ? Object.keys(section.shape) : []
}

function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name === '' ? String(part) : `${name}.${String(part)}`),
    '',
  )
}

/** A value that may be a secret is never repeated. */
function got(root: unknown, {path, code, message}: {path: readonly PropertyKey[]; code?: string; message: string}): string {
  const value = valueAt(root, path)
  if (message.includes('{env: NAME}') || (typeof value === 'string' && holdsPassword(value))) return ''
  if (value === undefined) return ', but it is missing'
  if (value === null) return ', got nothing'
  if (Array.isArray(value)) return ', got a list'
  if (typeof value === 'object') return code === 'custom' ? '' : ', got a section'
  return typeof value === 'string' ? `, got '${shortened(value)}'` : `, got ${String(value)}`
}

function shortened(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value
}
