import {parseDocument, type Document} from 'yaml'
import {z} from 'zod'
import {describeValue, type SecretMetadata} from '../../domain/secret-file.ts'
import {OperatorError} from '../../errors.ts'

const ageKeys = z
  .array(z.object({recipient: z.string().catch(''), enc: z.string().catch('')}))
  .nullish()
  .catch([])

const metadataSchema = z.object({
  age: ageKeys,
  // Where several groups must come together, the keys stand in these.
  key_groups: z
    .array(z.object({age: ageKeys}))
    .nullish()
    .catch([]),
  mac: z.string().nullish().catch(null),
  lastmodified: z.string().nullish().catch(null),
  unencrypted_suffix: z.string().nullish().catch(null),
})

/** Returns the mapping that a file holds. Throws `usage` without repeating a line of it, since a line may be a secret. */
export function parsePrivately(text: string, file: string): Record<string, unknown> {
  const document = parseDocument(text, {prettyErrors: false, logLevel: 'silent'})
  const [error] = document.errors
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length
    throw new OperatorError('usage', `${file} is no valid YAML at line ${line}.`, {hint: 'Only sops edit should write it.'})
  }
  const value = valueOf(document)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new OperatorError('usage', `${file} holds no fields.`, {hint: 'secrets/README.md says how to make it.'})
}

/** An alias that leads nowhere, or to more than would fit into memory, is found only here. */
function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS()
  } catch {
    // Its message may repeat a line of the file.
    return null
  }
}

/** Returns what SOPS wrote about the file under `sops`; null when it never did. */
export function readMetadata(sops: unknown): SecretMetadata | null {
  const {success, data} = metadataSchema.safeParse(sops)
  if (!success) return null
  const keys = [...(data.age ?? []), ...(data.key_groups ?? []).flatMap(({age}) => age ?? [])]
  return {
    recipients: keys.map(({recipient}) => recipient),
    hasKeys: keys.every(({enc}) => /^-----BEGIN AGE ENCRYPTED FILE-----\s[\s\S]+-----END AGE ENCRYPTED FILE-----\s*$/.test(enc)),
    hasCode: describeValue(data.mac ?? null).state === 'encrypted',
    lastModified: data.lastmodified ?? null,
    // SOPS leaves the key out only where another rule decides what is encrypted; then nothing is plain by its name.
    unencryptedSuffix: data.unencrypted_suffix ?? '',
  }
}
