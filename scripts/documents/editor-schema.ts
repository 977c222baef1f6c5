import {z} from 'zod'
import {fileSchema} from '../../src/lib/config/schema.ts'

/** Returns `schemas/sparkone.schema.json`, which editors check and complete a `sparkone.yml` with. */
export function editorSchema(): string {
  const schema = z.toJSONSchema(fileSchema, {io: 'input', unrepresentable: 'throw'})
  return `${JSON.stringify({...schema, title: 'sparkone.yml'}, null, 2)}\n`
}
