import {z} from 'zod'
import {duration, origins, type Origin} from './kinds.ts'
import {settingsSchema} from './schema.ts'

/** One leaf of the schema. */
export interface Key extends Origin {
  /** Dotted path, for example `health.timeout`. */
  name: string
  description: string
  /** Written as in the file; undefined where there is none or it is found out at run time. */
  standard: unknown
  schema: z.ZodType
  /** What each entry can hold, where the setting is a list of sections; named within the entry. */
  entries: readonly Key[]
}

/** Returns every leaf of a schema in the order it is written, `health.thresholds.disk.warning` among them. */
function leavesOf(schema: z.ZodType, prefix = ''): Key[] {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, child]) => leavesOf(child as z.ZodType, prefix === '' ? name : `${prefix}.${name}`))
  }
  const entries = inner instanceof z.ZodArray && inner.element instanceof z.ZodObject ? leavesOf(inner.element) : []
  return [
    {name: prefix, description: schema.meta()?.description ?? '', standard: standardOf(schema), schema, entries, ...origins.get(schema)},
  ]
}

/** Every setting that one environment can hold. */
export const keys: readonly Key[] = leavesOf(settingsSchema)

/** Returns whether a setting is written as a duration and read as milliseconds. */
export function isDuration({schema}: Key): boolean {
  return unwrap(schema) === duration
}

/** Returns the schema that lies at a path, or null; used to name the keys that are allowed there. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | null {
  const inner = unwrap(schema)
  if (path.length === 0) return inner
  if (!(inner instanceof z.ZodObject)) return null
  const child = (inner.shape as Record<PropertyKey, z.ZodType>)[path[0]!]
  return child ? schemaAt(child, path.slice(1)) : null
}

/** Returns the value without the sections that are written but hold nothing, as when all their keys are commented out. */
export function withoutEmptySections(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrap(schema)
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const shape = inner.shape as Record<string, z.ZodType>
  const kept = Object.entries(value).filter(
    ([name, child]) => child !== null || !(shape[name] && unwrap(shape[name]) instanceof z.ZodObject),
  )
  return Object.fromEntries(kept.map(([name, child]) => [name, shape[name] ? withoutEmptySections(shape[name], child) : child]))
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap() as z.ZodType)
  return schema
}

function standardOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined
}
