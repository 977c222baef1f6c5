import {isDeepStrictEqual} from 'node:util'
import {z} from 'zod'
import {fileSchema} from '../../src/lib/config/schema.ts'

type Schema = z.core.JSONSchema.JSONSchema
type Properties = Record<string, Schema>

/** Returns `schemas/sparkone.schema.json`, which editors check and complete a `sparkone.yml` with. */
export function editorSchema(): string {
  const schema = z.toJSONSchema(fileSchema, {io: 'input', unrepresentable: 'throw'})
  return `${JSON.stringify({...defineOnce(schema), title: 'sparkone.yml'}, null, 2)}\n`
}

/**
 * Returns the same schema with what holds in all environments and in one alone written down once, under its own name: zod's `reused: 'ref'` numbers
 * its definitions, so that one new setting would change nearly every line.
 */
function defineOnce(schema: Schema): Schema {
  const {environments, ...everywhere} = schema.properties as Properties
  const sections = Object.entries(environments!.properties as Properties)
  const {description: _, ...environment} = sections[0]![1]
  const settings = environment.properties as Properties
  for (const [name, {description: _description, ...section}] of sections) assertSame(name, section, environment)
  for (const [name, setting] of Object.entries(settings)) assertSame(name, everywhere[name], setting)
  const refer = (properties: Properties) => mapValues(properties, (setting, name) => (name in settings ? reference(name) : setting))
  const overlays = mapValues(Object.fromEntries(sections), ({description}) => ({description, ...reference('environment-only')}))
  return {
    ...schema,
    properties: {...refer(everywhere), environments: {...environments, properties: overlays}},
    $defs: {'environment-only': {...environment, properties: refer(settings)}, ...settings},
  }
}

function assertSame(name: string, one: unknown, other: unknown): void {
  if (!isDeepStrictEqual(one, other)) throw new Error(`${name} means something else in one environment than it does in all of them.`)
}

function reference(name: string): Schema {
  return {$ref: `#/$defs/${name}`}
}

function mapValues(properties: Properties, change: (schema: Schema, name: string) => Schema): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, change(schema, name)]))
}
