import type {DockerContents} from '../domain/docker-contents.ts'
import type {PruneItem} from '../domain/prune-plan.ts'

/** The Docker Engine, for what it keeps on its disk. Every method throws `unreachable` or `denied` when it cannot be asked. */
export interface DockerDisk {
  /** Returns the folder that everything lies in, or null when that is on another machine. */
  folder(): Promise<string | null>
  contents(): Promise<DockerContents>
  /** Removes one thing, by its ID, and nothing that hangs on it; volumes never. Returns null once it is gone, otherwise why Docker
   * holds on to it. */
  remove(item: Pick<PruneItem, 'kind' | 'id' | 'state'>): Promise<Refusal | null>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Refusal {
  /** `used`: something has come to use it since; `failed`: anything else. */
  why: 'used' | 'failed'
  message: string
}
