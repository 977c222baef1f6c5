import {readFile, stat} from 'node:fs/promises'
import path from 'node:path'
import {OperatorError} from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const fileName = 'sparkone.yml'

/** Returns the configuration file: upward from the working folder, then /etc/sparkone, then the user's; null when there is none. */
export async function findFile(cwd: string, environment: Environment): Promise<string | null> {
  const candidates = [...upward(cwd).map((folder) => path.join(folder, fileName)), `/etc/sparkone/${fileName}`, userFile(environment)]
  for (const candidate of candidates) {
    if (candidate !== null && (await isFile(candidate))) return candidate
  }
  return null
}

/** Returns the folder that a project lives in: that of its configuration file, otherwise the working folder. */
export async function projectFolder(named: string | undefined, cwd: string, environment: Environment): Promise<string> {
  const file = named ?? environment.SPARKONE_CONFIG ?? (await findFile(cwd, environment))
  return file ? path.dirname(path.resolve(cwd, file)) : cwd
}

/** Returns the text of the configuration file. Throws `usage` (absent), `refused` (others may write it) or `denied`. */
export async function readConfigurationFile(file: string): Promise<string> {
  try {
    const {mode} = await stat(file)
    if ((mode & 0o022) !== 0) {
      throw new OperatorError('refused', `${file} can be changed by other users of this machine.`, {hint: `chmod go-w ${file}`})
    }
    return await readFile(file, 'utf8')
  } catch (error) {
    throw wordedFor(file, error)
  }
}

/** Returns a folder and the ones above it, nearest first. */
export function upward(folder: string): string[] {
  const parent = path.dirname(folder)
  return parent === folder ? [folder] : [folder, ...upward(parent)]
}

export async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile()
  } catch {
    // Absent or out of reach is the same here: it cannot be read.
    return false
  }
}

function userFile(environment: Environment): string | null {
  const {XDG_CONFIG_HOME, HOME} = environment
  if (XDG_CONFIG_HOME) return path.join(XDG_CONFIG_HOME, 'sparkone', fileName)
  return HOME ? path.join(HOME, '.config', 'sparkone', fileName) : null
}

function wordedFor(file: string, error: unknown): unknown {
  const {code} = error as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    return new OperatorError('usage', `There is no configuration file ${file}.`, {hint: 'sparkone init writes one.', cause: error})
  }
  if (code === 'EACCES') return new OperatorError('denied', `${file} may not be read by this user.`, {cause: error})
  if (code === 'EISDIR') return new OperatorError('usage', `${file} is a folder, not a configuration file.`, {cause: error})
  return error
}
