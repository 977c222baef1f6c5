import {join} from 'node:path'
import {z} from 'zod'
import type {DrillReport} from '../domain/drill.ts'
import type {DrillReports} from '../ports/drill.ts'
import {DocumentFolder} from './document-folder.ts'

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
  readonly #documents: DocumentFolder<DrillReport>

  /** `name` is that of the project and environment. */
  constructor(stateFolder: string, name: string) {
    this.#documents = new DocumentFolder(join(stateFolder, 'drills', encodeURIComponent(name)), reportSchema)
  }

  async save(report: DrillReport): Promise<string> {
    return this.#documents.save(report.startedAt.replaceAll(/[-:]|\.\d+/g, ''), report)
  }

  async newest(): Promise<DrillReport | null> {
    for await (const report of this.#documents.all()) return report
    return null
  }
}
