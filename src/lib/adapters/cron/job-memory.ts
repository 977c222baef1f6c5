import {mkdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {type JobName, type JobRecord, noRecord} from '../../domain/job.ts'
import type {JobMemory} from '../../ports/unattended.ts'
import {explainAccess} from '../directory/access.ts'
import {replaceDurably} from '../directory/durable.ts'

const time = z.iso.datetime()
const skipsSchema = z.object({skips: z.int().min(0), skippedAt: time.nullable()})
const lookSchema = z.object({lookedAt: time})
const recordSchema = z.object({
  last: z.object({run: z.string(), startedAt: time, endedAt: time, exitCode: z.int()}).nullable(),
  settledAt: time.nullable(),
  goodAt: time.nullable(),
  measured: z.record(z.string(), z.number()),
})

/** Small files of JSON in the state folder, each replaced in one step. */
export class FileJobMemory implements JobMemory {
  readonly #folder: string

  /** `name` is that of the project and environment. */
  constructor(stateFolder: string, name: string) {
    this.#folder = join(stateFolder, 'jobs', encodeURIComponent(name))
  }

  async read(job: JobName): Promise<JobRecord> {
    const record = await this.#load(`${job}.json`, recordSchema)
    const skips = await this.#load(`${job}.skips.json`, skipsSchema)
    return {...noRecord, ...record, ...skips}
  }

  async saveRun(job: JobName, {last, settledAt, goodAt, measured, skips, skippedAt}: JobRecord): Promise<void> {
    await this.#save(`${job}.json`, {last, settledAt, goodAt, measured})
    await this.saveSkips(job, {skips, skippedAt})
  }

  async saveSkips(job: JobName, {skips, skippedAt}: Pick<JobRecord, 'skips' | 'skippedAt'>): Promise<void> {
    await this.#save(`${job}.skips.json`, {skips, skippedAt})
  }

  async lookedAt(): Promise<Date | null> {
    const look = await this.#load('look.json', lookSchema)
    return look ? new Date(look.lookedAt) : null
  }

  async saveLook(at: Date): Promise<void> {
    await this.#save('look.json', {lookedAt: at.toISOString()})
  }

  async #load<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema> | null> {
    try {
      return schema.parse(JSON.parse(await readFile(join(this.#folder, name), 'utf8')))
    } catch {
      // Without a memory that can be read a job counts as never run, and running once too often is the safe way to be wrong.
      return null
    }
  }

  async #save(name: string, value: object): Promise<void> {
    await explainAccess(this.#folder, () => mkdir(this.#folder, {recursive: true, mode: 0o700}))
    await replaceDurably(join(this.#folder, name), `${JSON.stringify(value)}\n`)
  }
}
