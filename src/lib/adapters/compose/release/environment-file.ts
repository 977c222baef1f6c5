import {open, readFile, realpath, rename, rm, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {explainAccess} from '../../directory/access.ts'
import {syncFolder} from '../../directory/durable.ts'

/** One variable in a file such as `.env`, which belongs to the operator: everything else in it stays as it is. */
export class EnvironmentFile {
  readonly path: string
  readonly name: string

  constructor(path: string, name: string) {
    this.path = path
    this.name = name
  }

  /** Returns the value, or null where the file or the variable is not there. Throws `denied`. */
  async read(): Promise<string | null> {
    const line = (await this.#lines()).findLast((each) => this.#sets(each))
    if (line === undefined) return null
    const value = line.slice(line.indexOf('=') + 1).trim()
    return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value.replace(/\s+#.*$/, '')
  }

  /** Sets the value on stable storage; owner and mode of the file stay. Throws `denied` or `noSpace`. */
  async write(value: string): Promise<void> {
    const lines = await this.#lines()
    const at = lines.findLastIndex((line) => this.#sets(line))
    const line = `${this.name}=${value}`
    // The last line is what stands behind the last line break: nothing, in a file that ends with one.
    const changed = at === -1 ? [...lines.slice(0, -1), ...[lines.at(-1) ?? ''].filter(Boolean), line, ''] : lines.with(at, line)
    if (changed.join('\n') !== lines.join('\n')) await explainAccess(this.path, () => this.#replace(changed.join('\n')))
  }

  #sets(line: string): boolean {
    return new RegExp(`^\\s*(?:export\\s+)?${this.name}\\s*=`).test(line)
  }

  async #lines(): Promise<string[]> {
    const text = await explainAccess(this.path, () =>
      readFile(this.path, 'utf8').catch((error: {code?: string}) => {
        if (error.code === 'ENOENT') return ''
        throw error
      }),
    )
    return text.split('\n')
  }

  async #replace(text: string): Promise<void> {
    const path = await realpath(this.path).catch(() => this.path)
    const old = await stat(path).catch(() => null)
    const temporary = `${path}.sparkone`
    try {
      await using file = await open(temporary, 'w', 0o600)
      if (old) await file.chown(old.uid, old.gid)
      if (old) await file.chmod(old.mode & 0o7777)
      await file.writeFile(text)
      await file.sync()
    } catch (error) {
      await rm(temporary, {force: true})
      throw error
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  }
}
