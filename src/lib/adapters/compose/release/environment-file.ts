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
    const line = (await this.#lines()).findLast((each) => this.#parts(each))
    return (line && this.#parts(line)?.value) ?? null
  }

  /** Sets the value on stable storage; owner and mode of the file stay. Throws `denied` or `noSpace`. */
  async write(value: string): Promise<void> {
    const lines = await this.#lines()
    const at = lines.findLastIndex((line) => this.#parts(line))
    // The last line is what stands behind the last line break: nothing, in a file that ends with one.
    const added = () => [...lines.slice(0, -1), ...[lines.at(-1) ?? ''].filter(Boolean), `${this.name}=${value}`, '']
    const changed = at === -1 ? added() : lines.with(at, this.#changed(lines[at]!, value))
    if (changed.join('\n') !== lines.join('\n')) await explainAccess(this.path, () => this.#replace(changed.join('\n')))
  }

  #changed(line: string, value: string): string {
    const {before = '', quote = '', behind = ''} = this.#parts(line) ?? {}
    return `${before}${quote}${value}${quote}${behind}`
  }

  /** Returns the parts of a line that sets the variable: what stands before the value, its quotes, and the comment behind it. */
  #parts(line: string): {before: string; quote: string; value: string; behind: string} | null {
    const [, before, rest] = new RegExp(`^(\\s*(?:export\\s+)?${this.name}\\s*=\\s*)(.*)$`, 's').exec(line) ?? []
    return before === undefined || rest === undefined ? null : {before, ...valueOf(rest)}
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

function valueOf(text: string): {quote: string; value: string; behind: string} {
  const quoted = /^(?<quote>["'])(?<value>.*?)\k<quote>(?<behind>\s*(?:#.*)?)$/s.exec(text)
  const plain = /^(?<quote>)(?<value>.*?)(?<behind>\s+#.*|\s*)$/s.exec(text)
  // The pattern of plain values fits every text.
  return (quoted ?? plain)!.groups as {quote: string; value: string; behind: string}
}
