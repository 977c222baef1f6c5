import {mkdir, readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import type {DrillReport} from '../domain/drill.ts'
import type {DrillReports} from '../ports/drill.ts'
import {explainAccess} from './directory/access.ts'
import {replaceDurably} from './directory/durable.ts'

const seconds = z.number().min(0)

const reportSchema: z.ZodType<DrillReport> = z.object({
  format: z.literal(1),
  id: z.string(),
  from: z.string(),
  startedAt: z.iso.datetime(),
  passed: z.boolean(),
  failures: z.array(z.string()),
  checks: z.array(z.object({name: z.string(), expected: z.string(), actual: z.string(), passed: z.boolean()})),
  recoveryTimeSeconds: seconds.nullable(),
  // Negative where a clock was wrong: that is for health to say.
  recoveryPointSeconds: z.number(),
  objectives: z.object({recoveryTimeSeconds: seconds, recoveryPointSeconds: seconds}),
  met: z.boolean(),
})

/** One file of JSON a drill, named by its time, so that the newest is the last by name. */
export class FileDrillReports implements DrillReports {
  readonly #folder: string

  /** `name` is that of the project and environment. */
  constructor(stateFolder: string, name: string) {
    this.#folder = join(stateFolder, 'drills', encodeURIComponent(name))
  }

  async save(report: DrillReport): Promise<string> {
    const path = join(this.#folder, `${report.startedAt.replaceAll(/[-:]|\.\d+/g, '')}.json`)
    await explainAccess(this.#folder, () => mkdir(this.#folder, {recursive: true, mode: 0o700}))
    await replaceDurably(path, `${JSON.stringify(report, null, 2)}\n`)
    return path
  }

  async newest(): Promise<DrillReport | null> {
    const names = (await explainAccess(this.#folder, () => this.#names())).filter((name) => name.endsWith('.json'))
    for (const name of names.toSorted().toReversed()) {
      const report = reportSchema.safeParse(parsed(await readFile(join(this.#folder, name), 'utf8')))
      if (report.success) return report.data
    }
    return null
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
    } catch (error) {
      if ((error as {code?: string}).code === 'ENOENT') return []
      throw error
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A report that somebody damaged says nothing; the one before it does.
    return null
  }
}
