import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {parseEnv} from 'node:util'
import {parse} from 'yaml'
import {OperatorError} from '../errors.ts'
import {isFile, upward, type Environment} from './find.ts'
import {isRecord} from './layers.ts'

/** Compose's own names come first, in Compose's order. */
const fileNames = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-compose.prod.yml',
  path.join('ops', 'docker-compose.prod.yml'),
]

/** A service as far as a Compose file tells without Compose: for finding things out only, never to act on. */
export interface ComposeService {
  name: string
  /** Empty where it is built. */
  image: string
  /** The same with `*` in place of what cannot be known; empty where it is built and has no name of its own. */
  imagePattern: string
  /** Values that cannot be known from files are absent. */
  environment: Readonly<Record<string, string>>
  /** `http://127.0.0.1:8000` for the first published port, or null. */
  address: string | null
}

export interface ComposeProject {
  /** The name Compose itself gives the project. */
  name: string
  services: readonly ComposeService[]
}

/** Returns the Compose files of a folder, with the override that Compose merges by itself; of the folders above too when told so. */
export async function findComposeFiles(folder: string, above: boolean, environment: Environment): Promise<string[]> {
  for (const candidate of above ? upward(folder) : [folder]) {
    const named = environment.COMPOSE_FILE ? undefined : (await readEnvironmentFile(path.join(candidate, '.env'))).COMPOSE_FILE
    if (named) return named.split(':').map((file) => path.resolve(candidate, file))
    const found = await firstFile(fileNames.map((name) => path.join(candidate, name)))
    if (found !== null) return [found, ...(await overrideOf(found))]
  }
  return []
}

/** Returns what the Compose files say together, later files winning. Throws `usage` for a file that is absent or no YAML. */
export async function readComposeProject(files: readonly string[], environment: Environment): Promise<ComposeProject> {
  const folder = path.dirname(files[0]!)
  const variables = {...(await readEnvironmentFile(path.join(folder, '.env'))), ...environment}
  const documents = await Promise.all(files.map(readDocument))
  const services = new Map<string, ComposeService>()
  for (const document of documents) {
    const entries = isRecord(document.services) ? Object.entries(document.services) : []
    for (const [name, body] of entries) {
      const service = await readService(name, isRecord(body) ? body : {}, folder, variables)
      services.set(name, overlaid(services.get(name), service))
    }
  }
  const named = documents.map(({name}) => name).findLast((name) => typeof name === 'string')
  const chosen = variables.COMPOSE_PROJECT_NAME || (named === undefined ? undefined : interpolate(named as string, variables))
  return {name: normalised(chosen || path.basename(folder)), services: [...services.values()]}
}

/** Returns a name as Compose spells project names: lower case, letters, digits, dashes and underscores. */
export function normalised(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '')
      .replace(/^[_-]+/, '') || 'default'
  )
}

async function firstFile(candidates: readonly string[]): Promise<string | null> {
  for (const candidate of candidates) if (await isFile(candidate)) return candidate
  return null
}

async function overrideOf(file: string): Promise<string[]> {
  const {dir, name} = path.parse(file)
  if (name !== 'compose' && name !== 'docker-compose') return []
  const override = await firstFile([path.join(dir, `${name}.override.yml`), path.join(dir, `${name}.override.yaml`)])
  return override === null ? [] : [override]
}

async function readDocument(file: string): Promise<Record<PropertyKey, unknown>> {
  try {
    const document: unknown = parse(await readFile(file, 'utf8'), {merge: true, logLevel: 'silent'})
    return isRecord(document) ? document : {}
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : message.split('\n')[0]!.replace(/:$/, '')
    throw new OperatorError('usage', `The Compose file ${file} cannot be read: ${reason}.`, {cause: error})
  }
}

async function readService(
  name: string,
  body: Record<PropertyKey, unknown>,
  folder: string,
  variables: Environment,
): Promise<ComposeService> {
  const files = await Promise.all(listOf(body.env_file).map((entry) => readEnvironmentFile(path.resolve(folder, pathOf(entry)))))
  return {
    name,
    image: (typeof body.image === 'string' && interpolate(body.image, variables)) || '',
    imagePattern: typeof body.image === 'string' ? patternOf(body.image, variables) : '',
    environment: Object.assign({}, ...files, environmentOf(body.environment, variables)) as Record<string, string>,
    address: listOf(body.ports).flatMap((port) => addressOf(port, variables) ?? [])[0] ?? null,
  }
}

function overlaid(base: ComposeService | undefined, service: ComposeService): ComposeService {
  if (base === undefined) return service
  return {
    name: service.name,
    image: service.image || base.image,
    imagePattern: service.imagePattern || base.imagePattern,
    environment: {...base.environment, ...service.environment},
    address: service.address ?? base.address,
  }
}

function environmentOf(value: unknown, variables: Environment): Record<string, string> {
  const pairs = isRecord(value) ? Object.entries(value) : listOf(value).map((entry) => splitPair(String(entry)))
  const known = pairs.map(([name, text]) => [name, text === null ? variables[name] : interpolate(String(text), variables)] as const)
  return Object.fromEntries(known.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

function splitPair(entry: string): [string, string | null] {
  const equals = entry.indexOf('=')
  return equals === -1 ? [entry, null] : [entry.slice(0, equals), entry.slice(equals + 1)]
}

function addressOf(port: unknown, variables: Environment): string | null {
  if (isRecord(port)) return /^\d+$/.test(String(port.published)) ? toAddress(String(port.host_ip ?? ''), String(port.published)) : null
  const match = /^(?:(\d+\.\d+\.\d+\.\d+|localhost):)?(\d+):\d+(?:\/tcp)?$/.exec(interpolate(String(port), variables) ?? '')
  return match ? toAddress(match[1] ?? '', match[2]!) : null
}

function toAddress(host: string, port: string): string {
  return `http://${host === '' || host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
}

/** Takes one variable after the other, so that those which are known narrow the pattern down. */
function patternOf(text: string, variables: Environment): string {
  const variable = /\$\$|\$\{[^{}]*(?:\$\{[^{}]*\}[^{}]*)?\}|\$\w+/g
  return interpolate(text, variables) ?? text.replace(variable, (each) => interpolate(each, variables) ?? '*')
}

/** Returns the text with its variables filled in, or undefined when one is not set: then nothing is known. */
function interpolate(text: string, variables: Environment): string | undefined {
  let known = true
  const filled = text.replace(/\$\$|\$\{(\w+)(?:(:?-)([^{}]*)|:?\?[^{}]*)?\}|\$(\w+)/g, (whole, braced, operator, fallback, bare) => {
    if (whole === '$$') return '$'
    const value = variables[(braced ?? bare) as string]
    if (value !== undefined && !(operator === ':-' && value === '')) return value
    known &&= operator !== undefined
    return (fallback as string | undefined) ?? ''
  })
  return known && !filled.includes('${') ? filled : undefined
}

async function readEnvironmentFile(file: string): Promise<Environment> {
  try {
    return parseEnv(await readFile(file, 'utf8'))
  } catch {
    // Compose itself reports a file it needs and cannot read; here it only means that nothing is known.
    return {}
  }
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

function pathOf(entry: unknown): string {
  return isRecord(entry) ? String(entry.path) : String(entry)
}
