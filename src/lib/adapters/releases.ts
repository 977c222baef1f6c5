import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {releaseSteps, type Release} from '../domain/release.ts'
import type {Releases} from '../ports/releases.ts'
import {explainAccess} from './directory/access.ts'
import {DocumentFolder} from './document-folder.ts'

const schemaState = z.array(z.object({name: z.string(), breaking: z.boolean().nullable()})).nullable()

const releaseSchema: z.ZodType<Release> = z.object({
  id: z.string(),
  kind: z.enum(['deploy', 'rollback', 'found']),
  reference: z.string(),
  previous: z.string().nullable(),
  version: z.string().nullable(),
  commit: z.string().nullable(),
  images: z.array(z.object({service: z.string(), name: z.string(), id: z.string(), digest: z.string().nullable(), replicas: z.number()})),
  schema: z.object({before: schemaState, after: schemaState}),
  backup: z.string().nullable(),
  // Ledgers of before it was written have none.
  restart: z.boolean().default(false),
  data: z.string().nullable(),
  actor: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  outcome: z.enum(['good', 'put back', 'failed', 'abandoned']).nullable(),
  step: z.enum(releaseSteps).nullable(),
  reason: z.string().nullable(),
})

/** A file of JSON a release, named by its id, which begins with its time. */
export class FileReleases implements Releases {
  readonly #folder: string
  readonly #name: string
  readonly #documents: DocumentFolder<Release>

  /** `name` is that of the project and environment. */
  constructor(stateFolder: string, name: string) {
    this.#folder = join(stateFolder, 'releases')
    this.#name = encodeURIComponent(name)
    this.#documents = this.#ledger(this.#name)
  }

  all(): Promise<Release[]> {
    return listed(this.#documents)
  }

  /** Returns no more than `most` of them, newest first. */
  newest(most: number): Promise<Release[]> {
    return listed(this.#documents, most)
  }

  async everyLedger(): Promise<Release[][]> {
    const names = await foldersIn(this.#folder)
    return Promise.all([...new Set([this.#name, ...names])].map((name) => listed(this.#ledger(name))))
  }

  async save(release: Release): Promise<void> {
    await this.#documents.save(release.id, release)
  }

  #ledger(name: string): DocumentFolder<Release> {
    return new DocumentFolder(join(this.#folder, name), releaseSchema)
  }
}

async function listed(documents: DocumentFolder<Release>, most = Infinity): Promise<Release[]> {
  const releases: Release[] = []
  for await (const release of documents.all()) if (releases.push(release) >= most) break
  return releases
}

async function foldersIn(folder: string): Promise<string[]> {
  return explainAccess(folder, async () => {
    try {
      const entries = await readdir(folder, {withFileTypes: true})
      return entries.filter((entry) => entry.isDirectory()).map(({name}) => name)
    } catch (error) {
      if ((error as {code?: string}).code === 'ENOENT') return []
      throw error
    }
  })
}
