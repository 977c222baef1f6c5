import {readdir, readFile} from 'node:fs/promises'
import path from 'node:path'
import {describeValue, type EncryptedFile, type SecretValue} from '../../domain/secret-file.ts'
import type {SecretRegistry} from '../../domain/secret-registry.ts'
import {OperatorError} from '../../errors.ts'
import type {EnvironmentSecrets, SecretFiles} from '../../ports.ts'
import {readRegistry} from './registry.ts'
import {recipientsFor} from './rules.ts'
import {parsePrivately, readMetadata} from './sops.ts'

const registryName = 'registry.yml'

/** The folder `secrets` of a repository, with `.sops.yaml` beside it or above. Nothing is ever decrypted. */
export class FolderSecrets implements SecretFiles {
  readonly folder: string

  /** Returns the folder given, or the nearest `secrets` with a registry at or above `start`. Throws `notFound`. */
  static async open(folder: string | undefined, start: string): Promise<FolderSecrets> {
    if (folder !== undefined) return new FolderSecrets(path.resolve(folder))
    for (let at = path.resolve(start); ; at = path.dirname(at)) {
      const candidate = path.join(at, 'secrets')
      if ((await readIfThere(path.join(candidate, registryName))) !== null) return new FolderSecrets(candidate)
      if (at === path.dirname(at)) break
    }
    throw new OperatorError('notFound', `There is no secrets/${registryName} in ${start} or above.`, {
      hint: 'Run it in the repository of the stack, or name the folder: --directory FOLDER',
    })
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  async registry(): Promise<SecretRegistry> {
    const file = path.join(this.folder, registryName)
    const text = await readIfThere(file)
    if (text === null) throw new OperatorError('notFound', `There is no ${file}.`, {hint: 'secrets/README.md tells what stands in it.'})
    return readRegistry(text, file)
  }

  async of(environment: string): Promise<EnvironmentSecrets> {
    const name = `${environment}.sops.yaml`
    const file = path.join(this.folder, name)
    const text = await readIfThere(file)
    return {
      environment,
      file: this.#shown(name),
      encrypted: text === null ? null : readEncrypted(text, this.#shown(name)),
      rule: await recipientsFor(file),
      decrypted: (await this.#decrypted(environment)).map((each) => this.#shown(each)),
    }
  }

  /** As it is typed in the folder above, where SOPS is used. */
  #shown(name: string): string {
    return `${path.basename(this.folder)}/${name}`
  }

  async #decrypted(environment: string): Promise<string[]> {
    const names = await readdir(this.folder)
    const harmless = [`${environment}.sops.`, `${environment}.example.`]
    return names.filter((name) => name.startsWith(`${environment}.`) && !harmless.some((start) => name.startsWith(start))).toSorted()
  }
}

function readEncrypted(text: string, file: string): EncryptedFile {
  const {sops, ...rest} = parsePrivately(text, file)
  return {file, metadata: readMetadata(sops), values: new Map(leavesOf(rest, ''))}
}

function leavesOf(value: unknown, prefix: string): [string, SecretValue][] {
  if (typeof value !== 'object' || value === null) return [[prefix, describeValue(value)]]
  return Object.entries(value).flatMap(([name, child]) => leavesOf(child, prefix === '' ? name : `${prefix}.${name}`))
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code === 'EACCES') throw new OperatorError('denied', `${file} may not be read by this user.`, {cause: error})
    throw error
  }
}
