import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {z} from 'zod'
import {OperatorError} from '../../errors.ts'
import {parsePrivately} from './sops.ts'

const fileName = '.sops.yaml'

const recipients = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? value.split(',') : value).map((one) => one.trim()).filter(Boolean))

const rulesSchema = z.object({
  creation_rules: z.array(
    z.object({
      path_regex: z.string().optional(),
      age: recipients.optional(),
      key_groups: z.array(z.object({age: recipients.optional()})).optional(),
    }),
  ),
})

/** Returns the public keys of age in the first rule of `.sops.yaml` that a file falls under; null without such a rule. Throws `usage`. */
export async function recipientsFor(file: string): Promise<string[] | null> {
  const found = await nearestRules(path.dirname(file))
  if (found === null) return null
  const parsed = rulesSchema.safeParse(parsePrivately(found.text, found.file))
  if (!parsed.success) throw new OperatorError('usage', `${found.file} has no list of creation_rules as SOPS reads them.`)
  const relative = path.relative(path.dirname(found.file), file)
  const rule = parsed.data.creation_rules.find(({path_regex: pattern}) => pattern === undefined || matches(pattern, relative, found.file))
  if (!rule) return null
  return [...(rule.age ?? []), ...(rule.key_groups ?? []).flatMap(({age = []}) => age)]
}

async function nearestRules(start: string): Promise<{file: string; text: string} | null> {
  for (let at = start; ; at = path.dirname(at)) {
    const file = path.join(at, fileName)
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw new OperatorError('denied', `${file} cannot be read.`, {cause: error})
    })
    if (text !== null) return {file, text}
    if (at === path.dirname(at)) return null
  }
}

function matches(pattern: string, relative: string, file: string): boolean {
  try {
    return new RegExp(pattern).test(relative)
  } catch (error) {
    throw new OperatorError('usage', `${file}: ${pattern} is no regular expression.`, {cause: error})
  }
}
