import {formatDuration} from '../domain/quantity.ts'
import type {Setting} from '../domain/setting.ts'
import {isDuration, keys, type Key} from './keys.ts'
import {valueAt} from './layers.ts'
import type {LoadedConfig} from './load.ts'
import {Secret} from './secret.ts'

/** Returns every setting with its source, in the order of the documentation; secrets are redacted, what is not set is null. */
export function listSettings({config, sources}: LoadedConfig): Setting[] {
  return keys.map((key) => ({
    key: key.name,
    value: shown(key, valueAt(config, key.name.split('.'))),
    source: sources.get(key.name) ?? {kind: 'default'},
  }))
}

function shown(key: Key, value: unknown): Setting['value'] {
  if (value === undefined) return null
  if (value instanceof Secret) return value.toString()
  if (key.entries.length > 0) return (value as Record<string, unknown>[]).map((entry) => shownEntry(key.entries, entry))
  return isDuration(key) ? formatDuration(value as number) : (value as Setting['value'])
}

/** An entry of a list of sections on one line: `name=vault bucket=copies`. */
function shownEntry(entries: readonly Key[], entry: Record<string, unknown>): string {
  return entries
    .filter(({name}) => entry[name] !== undefined)
    .map((key) => {
      const value = shown(key, entry[key.name])
      return `${key.name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`
    })
    .join(' ')
}
