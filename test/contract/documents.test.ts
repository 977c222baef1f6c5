import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {z} from 'zod'
import {documents} from '../../scripts/documents.ts'
import {parseConfiguration} from '../../src/lib/config/document.ts'
import {problemsOf, whereaboutsOf} from '../../src/lib/config/problems.ts'
import {fileSchema} from '../../src/lib/config/schema.ts'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'

const root = path.resolve(import.meta.dirname, '../..')

const read = (name: string) => readFileSync(path.join(root, name), 'utf8')

test.each([...(await documents())])('%s is what npm run docs makes of the sources', (name, text) => {
  expect(read(name)).toBe(text)
})

test('every command has a schema of its JSON document', () => {
  const commands = readdirSync(path.join(root, 'src/commands'), {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.ts'))
  const verbs = commands.map((name) => name.replace(/\.ts$/, '').replaceAll(path.sep, '-'))
  expect(Object.keys(documentSchemas)).toEqual(expect.arrayContaining(verbs))
})

test('the example in docs/configuration.md is a valid configuration', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(read('docs/configuration.md'))!
  const document = parseConfiguration(example!)
  expect(problemsOf(fileSchema, document.value, whereaboutsOf('example', document))).toEqual([])
})

test('the editor schema accepts that example and refuses a key that does not exist', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(read('docs/configuration.md'))!
  const schema = JSON.parse(read('schemas/sparkone.schema.json')) as object
  const validate = new Ajv2020({strict: false, validateFormats: false}).compile(schema)
  validate(parse(example!))
  expect(validate.errors).toBeNull()
  expect(validate({version: 1, helth: {}})).toBe(false)
})

test('the editor schema refuses in one environment what it refuses in all of them', () => {
  const validate = new Ajv2020({strict: false, validateFormats: false}).compile(JSON.parse(read('schemas/sparkone.schema.json')) as object)
  expect(validate({version: 1, environments: {staging: {health: {timeout: '5s'}}}})).toBe(true)
  expect(validate({version: 1, environments: {staging: {health: {timeout: 5}}}})).toBe(false)
  expect(validate({version: 1, environments: {staging: {environments: {}}}})).toBe(false)
})

test('the editor schema writes each setting down once, and says of it what the configuration does', () => {
  const text = read('schemas/sparkone.schema.json')
  const {$defs, title: _, ...schema} = JSON.parse(text) as Record<string, object>
  expect(followed(schema, $defs!)).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(fileSchema, {io: 'input'}))))
  expect(text.split('The PostgreSQL database.')).toHaveLength(2)
})

/** Returns a schema with what its references lead to in their place. */
function followed(schema: unknown, definitions: object): unknown {
  if (Array.isArray(schema)) return schema.map((each) => followed(each, definitions))
  if (schema === null || typeof schema !== 'object') return schema
  const {$ref, ...rest} = schema as {$ref?: string}
  const definition = $ref === undefined ? {} : followed(definitions[$ref.replace('#/$defs/', '') as keyof typeof definitions], definitions)
  const own = Object.entries(rest).map(([key, value]) => [key, followed(value, definitions)])
  return {...(definition as object), ...Object.fromEntries(own)}
}
