import {mkdir, readFile, rename, writeFile} from 'node:fs/promises'
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {z} from 'zod'

const dayMilliseconds = 86_400_000
const memorySchema = z.object({exitCode: z.number(), announcedAt: z.string()})

/** Remembers how each unattended command last ended, so that cron mails a change of state and not every run. */
export class CronMemory {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'cron')
  }

  /** Returns whether this outcome is news: it differs from the last, or reminds of a failure that was last told of a day ago. */
  async news(name: string, exitCode: number, now: Date): Promise<'change' | 'reminder' | null> {
    const file = join(this.#folder, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`)
    const last = await read(file)
    const changed = (last?.exitCode ?? 0) !== exitCode
    const reminder = exitCode !== 0 && now.getTime() - Date.parse(last?.announcedAt ?? '1970-01-01') >= dayMilliseconds
    if (!changed && !reminder) return null
    await mkdir(this.#folder, {recursive: true, mode: 0o700})
    await writeFile(`${file}.tmp`, JSON.stringify({exitCode, announcedAt: now.toISOString()}))
    await rename(`${file}.tmp`, file)
    return changed ? 'change' : 'reminder'
  }
}

async function read(file: string) {
  try {
    return memorySchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // No memory, or one that cannot be read, means that whatever happens now is news.
    return null
  }
}
