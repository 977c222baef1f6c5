import path from 'node:path'
import type {z} from 'zod'
import type {Escalation, EscalationLevel} from '../domain/escalation.ts'
import {OperatorError} from '../errors.ts'
import {parseConfiguration, type ConfigurationDocument} from './document.ts'
import {findFile, readConfigurationFile, type Environment} from './find.ts'
import {withoutEmptySections} from './keys.ts'
import {section} from './kinds.ts'
import {isRecord, valueAt} from './layers.ts'
import {problemsOf, whereaboutsOf, type Whereabouts} from './problems.ts'
import {fileSchema} from './schema.ts'
import {escalation} from './sections/escalation.ts'

type Levels = z.output<typeof escalation>

export interface EscalationOptions {
  flags: {config?: string | undefined; env?: string | undefined}
  cwd: string
  environment: Environment
}

/** Returns who is called. Looks at nothing else in the file, and names what is wrong instead of throwing: a page must be readable whatever is broken. */
export async function readEscalation({flags, cwd, environment}: EscalationOptions): Promise<Escalation> {
  const named = flags.config ?? (environment.SPARKONE_CONFIG || undefined)
  const file = named === undefined ? await findFile(cwd, environment) : path.resolve(cwd, named)
  if (file === null) return {file, problem: null, levels: []}
  try {
    const chosen = flags.env ?? (environment.SPARKONE_ENV || undefined)
    return {file, problem: null, levels: toLevels(readLevels(await readConfigurationFile(file), file, chosen))}
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return {file, problem: [error.message, ...error.details].join(' '), levels: []}
  }
}

function readLevels(text: string, file: string, environment: string | undefined): Levels {
  const document = parseConfiguration(text)
  const [broken] = document.problems
  if (broken) throw new OperatorError('usage', `${broken.message} (${file}:${broken.position.line}:${broken.position.column})`)
  const value = withoutEmptySections(fileSchema, document.value)
  const overlay = ['environments', environment ?? String(valueAt(value, ['environment']) ?? 'production')]
  const [base, chosen] = [[], overlay].map((prefix) => sectionAt(document, value, prefix, file))
  return escalation.parse(Object.fromEntries(Object.keys(escalation.shape).map((key) => [key, {...at(base, key), ...at(chosen, key)}])))
}

function sectionAt(document: ConfigurationDocument, value: unknown, prefix: readonly string[], file: string): unknown {
  const found = valueAt(value, [...prefix, 'escalation']) ?? {}
  const problems = problemsOf(section({escalation}), {escalation: found}, below(prefix, whereaboutsOf(file, document)))
  if (problems.length > 0) throw new OperatorError('usage', problems.join('; '))
  return found
}

function below(prefix: readonly string[], {value, key}: Whereabouts): Whereabouts {
  return {value: (steps) => value([...prefix, ...steps]), key: (steps) => key([...prefix, ...steps])}
}

function at(levels: unknown, key: string): Record<PropertyKey, unknown> {
  const found = valueAt(levels, [key])
  return isRecord(found) ? found : {}
}

function toLevels(levels: Levels): EscalationLevel[] {
  const all = Object.values(levels).map(({role, contacts, after}, index) => {
    return {level: index + 1, role, contacts, afterMilliseconds: after ?? null}
  })
  return all.some(({contacts}) => contacts.length > 0) ? all : []
}
