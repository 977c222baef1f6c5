import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js'
import {expect} from 'vitest'
import {z} from 'zod'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'

export interface JsonDocument {
  schema: string
  exitCode: number
  status: string
  error?: {kind: string; message: string; hint?: string; details?: string[]}
  [key: string]: unknown
}

const validators = new Map<string, ValidateFunction>()

/**
 * Returns the document on stdout after holding it against the schema that its own `schema` names. Stdout must hold nothing else,
 * and the document nothing that the schema does not tell of.
 */
export function readDocument(stdout: string, verb?: string): JsonDocument {
  const document = JSON.parse(stdout) as JsonDocument
  const [, named = ''] = /^sparkone\/([a-z-]+)@1$/.exec(document.schema) ?? []
  if (verb !== undefined) expect(named).toBe(verb)
  expect(complaints(named, document)).toEqual([])
  return document
}

function complaints(verb: string, document: JsonDocument): string[] {
  const validate = validatorOf(verb)
  if (validate(document)) return []
  return (validate.errors ?? []).map(({instancePath, message, params}) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`)
}

/** Only the published schema lets additions pass; here each of them must be told of. */
function validatorOf(verb: string): ValidateFunction {
  // A command that does not exist has no schema of its own, and can only have failed.
  const schema = documentSchemas[verb] ?? documentSchemas.failure!
  const validate =
    validators.get(verb) ?? new Ajv2020({strict: false, validateFormats: false}).compile(z.toJSONSchema(schema, {io: 'output'}))
  validators.set(verb, validate)
  return validate
}
