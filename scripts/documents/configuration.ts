import {readFileSync} from 'node:fs'
import {z} from 'zod'
import {keys, type Key} from '../../src/lib/config/keys.ts'
import {settingsSchema} from '../../src/lib/config/schema.ts'

/** Returns `docs/configuration.md`: the words of its template around a table for each section of the schema. */
export function configurationPage(): string {
  const template = readFileSync(new URL('configuration.template.md', import.meta.url), 'utf8')
  return template.replace('<!-- settings -->', () => tables())
}

function tables(): string {
  const sections = Map.groupBy(keys, ({name}) => (name.includes('.') ? name.split('.')[0]! : ''))
  return [...sections].map(([section, settings]) => [heading(section), '', ...table(settings)].join('\n')).join('\n\n')
}

function heading(section: string): string {
  if (section === '') return '### At the top'
  const schema = settingsSchema.shape[section as keyof typeof settingsSchema.shape]
  return `### \`${section}\`\n\n${schema.meta()?.description ?? ''}`
}

function table(settings: readonly Key[]): string[] {
  const shown = settings.flatMap((key) => [key, ...key.entries.map((entry) => ({...entry, name: `${key.name}[].${entry.name}`}))])
  const rows = shown.map((key) => `| \`${key.name}\` | ${key.description}${choices(key)} | ${standard(key)} | ${variables(key)} |`)
  return ['| key | what | default | environment |', '| --- | --- | --- | --- |', ...rows]
}

function choices({schema, secret}: Key): string {
  if (secret) return ' A secret: `{env: NAME}` or `{file: path}`.'
  const inner = schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return inner instanceof z.ZodEnum ? ` One of ${inner.options.map((option) => `\`${String(option)}\``).join(', ')}.` : ''
}

function standard({fallback, standard: value}: Key): string {
  if (fallback !== undefined) return fallback
  if (value === undefined) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((item) => `\`${String(item)}\``).join(', ')
  return `\`${String(value)}\``
}

function variables({variables: names = []}: Key): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
