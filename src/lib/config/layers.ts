import path from 'node:path'
import type {Source} from '../domain/setting.ts'
import type {Environment} from './find.ts'
import {keys, type Key} from './keys.ts'

/** A value with where it came from. */
export interface Sourced {
  value: unknown
  source: Source
}

/** The settings that one origin gives, by dotted key. */
export type Layer = ReadonlyMap<string, Sourced>

/** Returns what flags say: `backup.directory` given by a command's `--directory`. */
export function flagLayer(flags: Readonly<Record<string, unknown>>, cwd: string): Layer {
  return layerOf(keys, (key) => {
    const value = flags[key.name]
    if (value === undefined) return null
    const source: Source = {kind: 'flag', flag: key.flag ?? flagNamed(key.name)}
    return {value: resolved(key, value, cwd), source}
  })
}

/** Returns what environment variables say; an empty one counts as not set. */
export function variableLayer(environment: Environment, cwd: string): Layer {
  return layerOf(keys, (key) => {
    const name = key.variables?.find((variable) => environment[variable])
    if (name === undefined) return null
    const value = readVariable(key, name, environment)
    return {value: resolved(key, value, cwd), source: {kind: 'variable', name}}
  })
}

/** Returns the settings of a tree as the file nests them. */
export function treeLayer(tree: unknown, sourceOf: (path: readonly string[]) => Source, folder: string): Layer {
  return layerOf(keys, (key) => {
    const steps = key.name.split('.')
    const value = valueAt(tree, steps)
    return value === undefined ? null : {value: resolved(key, value, folder), source: sourceOf(steps)}
  })
}

/** Returns the layers as one, the first that has a key winning. */
export function merged(layers: readonly Layer[]): Layer {
  return new Map(layers.toReversed().flatMap((layer) => [...layer]))
}

/** Returns the settings nested as the schema nests them. */
export function toTree(layer: Layer): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [name, {value}] of layer) {
    const steps = name.split('.')
    let parent = root
    for (const step of steps.slice(0, -1)) parent = (parent[step] ??= {}) as Record<string, unknown>
    parent[steps.at(-1)!] = value
  }
  return root
}

export function valueAt(tree: unknown, steps: readonly PropertyKey[]): unknown {
  return steps.reduce<unknown>(
    (parent, step) => (typeof parent === 'object' && parent !== null ? (parent as Record<PropertyKey, unknown>)[step] : undefined),
    tree,
  )
}

export function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function layerOf(known: readonly Key[], read: (key: Key) => Sourced | null): Layer {
  const entries = known.map((key) => [key.name, read(key)] as const)
  return new Map(entries.filter((entry): entry is [string, Sourced] => entry[1] !== null))
}

function flagNamed(key: string): string {
  const last = key.split('.').at(-1)!
  return `--${last.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function readVariable(key: Key, name: string, environment: Environment): unknown {
  const text = environment[name]!
  if (key.secret) return {env: name}
  switch (key.read) {
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : text
    case 'paths':
      return text.split(environment.COMPOSE_PATH_SEPARATOR || path.delimiter).filter(Boolean)
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
    default:
      return text
  }
}

function resolved(key: Key, value: unknown, folder: string): unknown {
  if (key.path && typeof value === 'string' && value !== '') return path.resolve(folder, value)
  if (key.path && Array.isArray(value))
    return value.map((item) => (typeof item === 'string' && item !== '' ? path.resolve(folder, item) : item))
  if (key.entries.length > 0 && Array.isArray(value)) return value.map((entry: unknown) => resolvedEntry(key.entries, entry, folder))
  // The file of a secret is named from the same folder as every other path.
  if (isRecord(value) && typeof value.file === 'string') return {...value, file: path.resolve(folder, value.file)}
  return value
}

function resolvedEntry(entries: readonly Key[], entry: unknown, folder: string): unknown {
  if (!isRecord(entry)) return entry
  const known = new Map(entries.map((key) => [key.name, key]))
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, known.has(name) ? resolved(known.get(name)!, value, folder) : value]),
  )
}
