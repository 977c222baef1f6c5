import {closeSync, existsSync, mkdirSync, openSync, writeSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {z} from 'zod'
import type {LogMemory} from '../../ports/logs.ts'
import {accessError, explainAccess} from '../directory/access.ts'
import {replaceDurably} from '../directory/durable.ts'

const lineSchema = z.tuple([z.string(), z.number()])

/** A log that was not rotated for two years and is gone is not coming back; one that is rotated yearly may be away for long. */
const forgetMilliseconds = 731 * 86_400_000

/** A file of lines, each a path and a time; the last of one path holds. */
export class FileLogMemory implements LogMemory {
  readonly #path: string
  readonly #times: Map<string, number>
  #lines: number
  /** Kept open: with 10,000 logs, opening it for each takes longer than all the rest. */
  #file: number | null = null

  private constructor(path: string, lines: readonly (readonly [string, number])[]) {
    this.#path = path
    this.#times = new Map(lines)
    this.#lines = lines.length
  }

  static async open(path: string): Promise<FileLogMemory> {
    const text = await explainAccess(path, () => readText(path))
    return new FileLogMemory(path, text.split('\n').flatMap(parseLine))
  }

  lastAt(path: string): number | null {
    return this.#times.get(path) ?? null
  }

  async note(path: string, at: number): Promise<void> {
    try {
      if (this.#file === null) mkdirSync(dirname(this.#path), {recursive: true, mode: 0o700})
      writeSync((this.#file ??= openSync(this.#path, 'a', 0o600)), line(path, at))
    } catch (error) {
      throw accessError(this.#path, error)
    }
    this.#times.set(path, at)
    this.#lines += 1
  }

  async compact(now: number): Promise<void> {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
    for (const [path, at] of this.#times) if (now - at > forgetMilliseconds && !existsSync(path)) this.#times.delete(path)
    if (this.#lines === this.#times.size) return
    await replaceDurably(this.#path, [...this.#times].map(([path, at]) => line(path, at)).join(''))
    this.#lines = this.#times.size
  }
}

function line(path: string, at: number): string {
  return `${JSON.stringify([path, at])}\n`
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return ''
    throw error
  }
}

/** A line that a power cut left unfinished says nothing. */
function parseLine(text: string): [string, number][] {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text))
    return parsed.success ? [parsed.data] : []
  } catch {
    return []
  }
}
