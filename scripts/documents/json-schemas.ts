import {z} from 'zod'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'

/** Returns the JSON Schema of each command's document by its path in the repository. */
export function jsonSchemas(): [path: string, text: string][] {
  return Object.entries(documentSchemas).map(([verb, document]) => {
    const title = verb === 'failure' ? 'Any run of sparkone that failed' : `sparkone/${verb}@1`
    // As input, unknown keys are allowed: what a later version adds must not break who checks against this one.
    const schema = {...z.toJSONSchema(document, {io: 'input'}), title}
    return [`schemas/${verb}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`]
  })
}
