import {readFile, stat} from 'node:fs/promises'
import path from 'node:path'
import {describeSource} from '../domain/setting.ts'
import {OperatorError} from '../errors.ts'
import type {Environment} from './find.ts'
import {keys, type Key} from './keys.ts'
import {isRecord, type Layer, type Sourced} from './layers.ts'
import {Secret} from './secret.ts'

/** Returns the secrets that the settings refer to, by dotted key; what is not set, not there, empty or readable by others goes into `problems`. */
export async function readSecrets(settings: Layer, environment: Environment, problems: string[]): Promise<Map<string, Secret>> {
  const secrets = new Map<string, Secret>()
  for (const [name, reference] of keys.flatMap((key) => referencesOf(key, settings))) {
    try {
      secrets.set(name, await readSecret(reference, environment))
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      problems.push(`${name}: ${error.message} (${describeSource(reference.source)})`)
    }
  }
  return secrets
}

/** Returns each place that refers to a secret: the setting itself, or keys of the entries of a list. */
function referencesOf({name, secret, entries}: Key, settings: Layer): [name: string, reference: Sourced][] {
  const found = settings.get(name)
  if (found === undefined) return []
  if (secret) return [[name, found]]
  if (!Array.isArray(found.value)) return []
  return found.value.flatMap((entry: unknown, index) =>
    entries
      .filter((key) => key.secret && isRecord(entry) && entry[key.name] !== undefined)
      .map((key): [string, Sourced] => [
        `${name}.${index}.${key.name}`,
        {value: (entry as Record<string, unknown>)[key.name], source: found.source},
      ]),
  )
}

async function readSecret({value, source}: Sourced, environment: Environment): Promise<Secret> {
  if (isRecord(value) && typeof value.env === 'string') return fromVariable(value.env, environment)
  if (isRecord(value) && typeof value.file === 'string') return fromFile(value.file)
  return new Secret(String(value), describeSource(source))
}

function fromVariable(name: string, environment: Environment): Secret {
  const value = environment[name]
  if (!value) throw new OperatorError('usage', `environment variable ${name} is not set`)
  return new Secret(value, `environment variable ${name}`)
}

async function fromFile(file: string): Promise<Secret> {
  const value = await readPrivate(file)
  if (value === '') throw new OperatorError('usage', `${file} is empty`)
  return new Secret(value, file)
}

async function readPrivate(file: string): Promise<string> {
  try {
    if (!(await isClosed(file)) && !(await isClosed(path.dirname(file))))
      throw new OperatorError('usage', `${file} can be read by other users of this machine; chmod 600 ${file}`)
    // Editors end a file with a newline, which is no part of the secret.
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new OperatorError('usage', `there is no file ${file}`, {cause: error})
    if (code === 'EACCES') throw new OperatorError('usage', `${file} may not be read by this user`, {cause: error})
    throw error
  }
}

/** In a closed folder a file may have any mode: containers are given such files with the mode they have, and run as other users. */
async function isClosed(file: string): Promise<boolean> {
  return ((await stat(file)).mode & 0o077) === 0
}
