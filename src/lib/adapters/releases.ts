import {join} from 'node:path'
import {z} from 'zod'
import {releaseSteps, type Release} from '../domain/release.ts'
import type {Releases} from '../ports/releases.ts'
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
  readonly #documents: DocumentFolder<Release>

  /** `name` is that of the project and environment. */
  constructor(stateFolder: string, name: string) {
    this.#documents = new DocumentFolder(join(stateFolder, 'releases', encodeURIComponent(name)), releaseSchema)
  }

  async all(): Promise<Release[]> {
    const releases: Release[] = []
    for await (const release of this.#documents.all()) releases.push(release)
    return releases
  }

  async save(release: Release): Promise<void> {
    await this.#documents.save(release.id, release)
  }
}
