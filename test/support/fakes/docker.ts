import type {DockerContainer, DockerContents, DockerImage, DockerNetwork} from '../../../src/lib/domain/docker-contents.ts'
import type {PruneItem} from '../../../src/lib/domain/prune-plan.ts'
import type {OperatorError} from '../../../src/lib/errors.ts'
import type {DockerDisk, Refusal} from '../../../src/lib/ports/docker.ts'
import type {PruneInput} from '../../../src/lib/procedures/prune.ts'

const day = 86_400_000

/** The moment at which the tests of pruning play. */
export const noon = Date.parse('2026-11-22T10:00:00Z')

/** What `prune` is asked where little is configured, without folders to look into. */
export const pruneInput: PruneInput = {
  minAge: 7 * day,
  keepReleases: 5,
  keepDatabases: 1,
  keep: [],
  composeImages: [],
  composeServices: null,
  project: 'shop',
  cacheFloor: 0,
  whenBelow: null,
  folders: [],
}

/** An image that came `days` ago and nothing uses. */
export function imageOf(name: string, days = 30, more: Partial<DockerImage> = {}): DockerImage {
  return {
    id: `sha256:${name}`,
    names: name.startsWith('<') ? [] : [name],
    digests: [],
    arrivedAt: noon - days * day,
    bytes: 1000,
    parent: null,
    ...more,
  }
}

/** A container that ended `days` ago and belongs to nobody. */
export function containerOf(name: string, days = 30, more: Partial<DockerContainer> = {}): DockerContainer {
  return {
    id: `id-${name}`,
    name,
    image: 'sha256:none',
    state: 'exited',
    createdAt: noon - (days + 1) * day,
    endedAt: noon - days * day,
    bytes: 10,
    project: null,
    service: null,
    isOneOff: false,
    restarts: false,
    volumes: [],
    networks: [],
    ...more,
  }
}

/** A network that was made `days` ago, with nobody in it. */
export function networkOf(name: string, days = 30, more: Partial<DockerNetwork> = {}): DockerNetwork {
  return {id: `id-${name}`, name, createdAt: noon - days * day, project: null, isFixed: false, ...more}
}

/** An engine in memory. Like the real one it holds on to what something uses. */
export class FakeDockerDisk implements DockerDisk {
  now: {-readonly [Key in keyof DockerContents]: DockerContents[Key]} = {images: [], containers: [], networks: [], volumes: [], cache: []}
  root: string | null = '/var/lib/docker'
  /** Why it cannot be asked. */
  failing: OperatorError | null = null
  /** What removing ends with, by ID. */
  readonly refusals = new Map<string, Refusal>()
  /** What happens to the contents before the removal of an ID. */
  readonly meanwhile = new Map<string, () => void>()
  readonly removed: string[] = []
  looks = 0
  closed = 0
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void = () => {}) {
    this.#tell = tell
  }

  async folder(): Promise<string | null> {
    if (this.failing) throw this.failing
    return this.root
  }

  async contents(): Promise<DockerContents> {
    this.looks += 1
    return structuredClone(this.now)
  }

  async remove({kind, id}: Pick<PruneItem, 'kind' | 'id'>): Promise<Refusal | null> {
    this.meanwhile.get(id)?.()
    const refusal = this.refusals.get(id) ?? this.#refusalOf(id)
    if (refusal) return refusal
    this.#tell(`remove ${kind} ${id}`)
    this.removed.push(id)
    const without = <Each extends {id: string}>(all: readonly Each[]) => all.filter((each) => each.id !== id)
    const {images, containers, networks, cache} = this.now
    Object.assign(this.now, {images: without(images), containers: without(containers), networks: without(networks), cache: without(cache)})
    return null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed += 1
  }

  #refusalOf(id: string): Refusal | null {
    const user = this.now.containers.find(({image, id: own, state}) => image === id || (own === id && state === 'running'))
    return user ? {why: 'used', message: `container ${user.name} uses it`} : null
  }
}
