import path from 'node:path'
import {describeSource, type Source} from '../domain/setting.ts'
import {OperatorError} from '../errors.ts'
import {detect} from './detect.ts'
import {parseConfiguration, type ConfigurationDocument} from './document.ts'
import {findFile, readConfigurationFile, type Environment} from './find.ts'
import {keys, withoutEmptySections} from './keys.ts'
import {flagLayer, isRecord, merged, toTree, treeLayer, valueAt, variableLayer, type Layer} from './layers.ts'
import {problemsOf, whereaboutsOf} from './problems.ts'
import {fileSchema, settingsSchema, type Config} from './schema.ts'
import type {Secret} from './secret.ts'
import {readSecrets} from './secrets.ts'

/** `config` and `env` are the global flags; any other is named by the dotted key it overrides. */
export type ConfigurationFlags = {config?: string; env?: string} & {readonly [key: `${string}.${string}`]: unknown}

export interface LoadOptions {
  flags: ConfigurationFlags
  /** Where sparkone was started; its own working folder unless told otherwise. */
  cwd?: string
  environment?: Environment
}

type Start = Required<LoadOptions>

export interface LoadedConfig {
  config: Config
  /** By dotted key, for every key that has a value. */
  sources: ReadonlyMap<string, Source>
  /** Environment variables that settings and secrets were read from, sorted. */
  variables: readonly string[]
  /** Absolute path, or null when everything was given otherwise or found out. */
  file: string | null
}

/**
 * Returns the configuration: flags over environment variables over the file over what the machine shows over defaults.
 * Throws `usage` with every problem at once, `refused` for a file that others may change, `denied` for one that cannot be read.
 */
export async function loadConfig({flags, cwd = process.cwd(), environment = process.env}: LoadOptions): Promise<LoadedConfig> {
  const options = {flags, cwd, environment}
  const file = await locateFile(options)
  const problems: string[] = []
  const written = file === null ? null : await readWritten(file, cwd, problems)
  const outer = [flagLayer(overridesOf(flags), cwd), variableLayer(environment, cwd)]
  problems.push(...outer.flatMap(problemsOfLayer))
  const given = merged([...outer, ...writtenLayers(written, outer)])
  const secrets = await readSecrets(given, environment, problems)
  if (problems.length > 0) throw invalid(problems)

  const detection = await detect({given, secrets, environment, ...startOf(file, options)})
  if (detection === null) throw nothingFound(cwd)
  if (detection.problems.length > 0) throw invalid(detection.problems)
  const settings = merged([given, detection.layer])
  const wrong = problemsOfLayer(settings)
  if (wrong.length > 0) throw invalid(wrong)
  return {config: freeze(assemble(settings, secrets)), sources: sourcesOf(settings), variables: variablesOf(settings), file}
}

/**
 * Returns the settings that can be told without any secret, whatever is wrong with the others: for what an operator is offered, and never to act on.
 * Throws where the file may not be read.
 */
export async function glimpseConfig(options: Start): Promise<Layer> {
  const {flags, cwd, environment} = options
  const file = await locateFile(options)
  const written = file === null ? null : await readWritten(file, cwd, [])
  const outer = [flagLayer(overridesOf(flags), cwd), variableLayer(environment, cwd)]
  const given = merged([...outer, ...writtenLayers(written, outer)])
  const look = (known: Layer) => detect({given: known, secrets: new Map(), environment, ...startOf(file, options)})
  const detection = (await look(given)) ?? (await look(merged([given, new Map([['runtime', {value: 'host', source: {kind: 'default'}}]])])))
  return merged([given, detection!.layer])
}

interface Written {
  document: ConfigurationDocument
  value: unknown
  /** As people know it: relative to the working folder where it lies inside. */
  shown: string
  folder: string
}

async function locateFile({flags, cwd, environment}: Start): Promise<string | null> {
  const named = flags.config ?? (environment.SPARKONE_CONFIG || undefined)
  return named === undefined ? findFile(cwd, environment) : path.resolve(cwd, named)
}

async function readWritten(file: string, cwd: string, problems: string[]): Promise<Written> {
  const document = parseConfiguration(await readConfigurationFile(file))
  const relative = path.relative(cwd, file)
  const shown = relative.startsWith('..') ? file : relative
  const value = withoutEmptySections(fileSchema, document.value)
  problems.push(...document.problems.map(({message, position: {line, column}}) => `${message} (${shown}:${line}:${column})`))
  if (document.problems.length === 0) problems.push(...problemsOf(fileSchema, value, whereaboutsOf(shown, document)))
  return {document, value, shown, folder: path.dirname(file)}
}

function overridesOf({env, ...overrides}: ConfigurationFlags): Record<string, unknown> {
  return {...overrides, environment: env}
}

/** The overlay of the chosen environment, then the base. */
function writtenLayers(written: Written | null, outer: readonly Layer[]): Layer[] {
  if (written === null) return []
  const base = writtenLayer(written, [])
  const chosen = String(merged([...outer, base]).get('environment')?.value ?? 'production')
  return [writtenLayer(written, ['environments', chosen]), base]
}

function writtenLayer({document, value, shown, folder}: Written, prefix: readonly string[]): Layer {
  const sourceOf = (steps: readonly string[]): Source => ({kind: 'file', file: shown, ...document.locate([...prefix, ...steps])})
  return treeLayer(valueAt(value, prefix), sourceOf, folder)
}

function problemsOfLayer(layer: Layer): string[] {
  const whereabouts = (steps: readonly PropertyKey[]) => ({text: describeSource(sourceNear(layer, steps)), rank: 0})
  return problemsOf(settingsSchema, toTree(layer), {value: whereabouts, key: whereabouts})
}

function sourceNear(layer: Layer, steps: readonly PropertyKey[]): Source {
  const name = steps.filter((step) => typeof step === 'string').join('.')
  const found = layer.get(name) ?? [...layer].find(([key]) => key.startsWith(`${name}.`))?.[1]
  return found?.source ?? {kind: 'default'}
}

/** A file of the machine or the user says nothing about where the project lies, so that is looked for from the working folder. */
function startOf(file: string | null, {flags, cwd, environment}: Start): {folder: string; upward: boolean} {
  const isOfProject =
    file !== null && (flags.config !== undefined || Boolean(environment.SPARKONE_CONFIG) || isAbove(path.dirname(file), cwd))
  return isOfProject ? {folder: path.dirname(file), upward: false} : {folder: cwd, upward: true}
}

function isAbove(folder: string, cwd: string): boolean {
  return !path.relative(folder, cwd).startsWith('..')
}

function invalid(problems: readonly string[]): OperatorError {
  const [only] = problems
  if (problems.length === 1) return new OperatorError('usage', `The configuration is not valid: ${only!}.`)
  return new OperatorError('usage', `The configuration has ${problems.length} problems.`, {details: problems})
}

function nothingFound(folder: string): OperatorError {
  return new OperatorError('usage', `Nothing to work with was found: no Compose file in ${folder} or above, and no DATABASE_URL.`, {
    hint: 'sparkone init writes a configuration for a stack of your own; sparkone demo shows everything without one.',
  })
}

function assemble(settings: Layer, secrets: ReadonlyMap<string, Secret>): Config {
  const tree = settingsSchema.parse(toTree(settings)) as Record<string, unknown>
  for (const [name, secret] of secrets) {
    const steps = name.split('.')
    const parent = valueAt(tree, steps.slice(0, -1)) as Record<string, unknown>
    parent[steps.at(-1)!] = secret
  }
  return tree as unknown as Config
}

function sourcesOf(settings: Layer): Map<string, Source> {
  return new Map(keys.map(({name}) => [name, settings.get(name)?.source ?? {kind: 'default'}]))
}

function variablesOf(settings: Layer): string[] {
  const names = [...settings.values()].flatMap(({value, source}) => [
    ...(source.kind === 'variable' ? [source.name] : []),
    ...namedIn(value),
  ])
  return [...new Set(names)].toSorted()
}

/** A reference such as {env: NAME}, in the setting itself or in an entry of a list. */
function namedIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (isRecord(value) && typeof value.env === 'string') return [value.env]
  return Object.values(value).flatMap(namedIn)
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const child of Object.values(value)) freeze(child)
  return Object.freeze(value)
}
