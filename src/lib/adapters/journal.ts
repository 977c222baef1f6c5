import {mkdir, open, readFile, type FileHandle} from 'node:fs/promises'
import {dirname} from 'node:path'
import type {JournalEntry} from '../domain/journal.ts'
import type {Journal} from '../ports.ts'
import {explainAccess} from './directory/access.ts'

/** An append-only file with one JSON object a line, on stable storage before `append` returns. */
export class FileJournal implements Journal {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async append(entry: JournalEntry): Promise<void> {
    await explainAccess(this.#path, async () => {
      await mkdir(dirname(this.#path), {recursive: true, mode: 0o700})
      await using file = await open(this.#path, 'a+', 0o600)
      // A crash may have cut the last line short; without a line break of its own the next entry would be lost with it.
      const separator = (await isTorn(file)) ? '\n' : ''
      await file.writeFile(`${separator}${JSON.stringify(entry)}\n`)
      await file.sync()
    })
  }

  async entries(): Promise<JournalEntry[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: {code?: string}) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    // A line cut short by a crash is no entry; the ones around it still count.
    return text.split('\n').flatMap((line) => parse(line) ?? [])
  }
}

async function isTorn(file: FileHandle): Promise<boolean> {
  const {size} = await file.stat()
  if (size === 0) return false
  const {buffer} = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}

function parse(line: string): JournalEntry | null {
  try {
    return JSON.parse(line) as JournalEntry
  } catch {
    return null
  }
}
