import type {Content, Migration, ReleaseImage} from '../../../src/lib/domain/release.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Candidate, Present, Proxy, ProxyFound, ReleaseStack, Replica} from '../../../src/lib/ports/release-stack.ts'

/** Returns an image of the API as it is called in a version. */
export function apiImage(version: string, replicas = 2): ReleaseImage {
  return {service: 'api', name: `shop/api:${version}`, id: `sha256:${version.padEnd(64, '0')}`, digest: null, replicas}
}

function idleImage(service: string, version: string): ReleaseImage {
  return {service, name: `shop/${service}:${version}`, id: `sha256:${`${service}${version}`.padEnd(64, '0')}`, digest: null, replicas: 0}
}

/** A service `api` in memory, of which two containers run version `v1`. */
export class FakeReleaseStack implements ReleaseStack {
  /** Services that were scaled to 0. */
  idle: readonly string[] = []
  set: Content = {version: 'v1', commit: null, images: [apiImage('v1')]}
  containers: Replica[] = []
  /** What can be deployed, by reference. */
  readonly offered = new Map<string, Candidate>()
  /** What migrating does; the names are those that are pending. */
  onMigrate: () => void = () => {}
  /** Versions whose containers do not become well. */
  readonly ill = new Set<string>()
  /** The proxy that can be asked. */
  front: Proxy | null = null
  /** What asking a container to turn unready does; null where there is no way to. */
  onDrain: ((image: string) => void) | null = null
  readonly draining = new Set<string>()
  /** Names of images that are not to be had any more. */
  readonly gone = new Set<string>()
  /** Least number of well containers that were ever there at once, from now on. */
  leastWell = Number.POSITIVE_INFINITY
  readonly #event: (event: string) => void
  readonly #now: () => Date
  #made = 0

  constructor(event: (event: string) => void, now: () => Date) {
    this.#event = event
    this.#now = now
    this.containers = [this.#make('api', apiImage('v1')), this.#make('api', apiImage('v1'))]
    this.offer('v2')
  }

  get services(): string[] {
    return ['api', ...this.idle]
  }

  /** Makes a version known. */
  offer(version: string, pending: readonly Migration[] | null = []): void {
    this.offered.set(version, {
      reference: version,
      version,
      commit: null,
      commits: [],
      images: [apiImage(version), ...this.idle.map((service) => idleImage(service, version))],
      pending,
      migrates: true,
    })
  }

  get running(): string[] {
    return this.containers.filter(({running}) => running).map(({image}) => image.name)
  }

  async present(): Promise<Present> {
    const running = this.containers.filter((container) => container.service === 'api' && container.running)
    const newest = running.at(-1)
    if (!newest) throw new OperatorError('notFound', 'No container of service api runs.')
    const version = newest.image.name.split(':')[1]!
    const images = [
      {service: 'api', ...newest.image, digest: null, replicas: running.length},
      ...this.idle.map((service) => idleImage(service, version)),
    ]
    const mixed = new Set(running.map(({image}) => image.id)).size > 1
    return {...this.set, version, set: this.set.version, images, mixed}
  }

  async candidate(reference: string | undefined): Promise<Candidate> {
    const candidate = this.offered.get(reference ?? 'v2')
    if (!candidate) throw new OperatorError('notFound', `There is no image shop/api:${reference}.`)
    return candidate
  }

  async keep(images: readonly ReleaseImage[]): Promise<void> {
    const gone = images.find(({name}) => this.gone.has(name))
    if (gone) throw new OperatorError('notFound', `The image of ${gone.name} is gone from this machine.`)
  }

  async switchTo(content: Content): Promise<void> {
    this.#event(`set ${content.version}`)
    this.set = content
  }

  async migrate(): Promise<void> {
    this.#event('migrate')
    this.onMigrate()
  }

  async replicas(service: string): Promise<Replica[]> {
    return this.containers.filter((container) => container.service === service)
  }

  async add(service: string): Promise<Replica> {
    const image = this.set.images.find((each) => each.service === service)!
    const replica = this.#make(service, image)
    this.#event(`add ${image.name}`)
    this.containers = [...this.containers, replica]
    return replica
  }

  async probe({id, image}: Replica): Promise<string | null> {
    if (this.draining.has(id)) return 'it drains'
    return this.ill.has(image.name.split(':')[1]!) ? 'its health check fails' : null
  }

  async proxy(): Promise<ProxyFound> {
    return this.front === null ? {proxy: null, note: 'the proxy cannot be asked'} : {proxy: this.front, note: 'the proxy is asked'}
  }

  async drain({id, image}: Replica): Promise<boolean> {
    if (this.onDrain === null) return false
    this.#event(`drain ${image.name}`)
    this.onDrain(image.name)
    this.draining.add(id)
    return true
  }

  async remove({id, image}: Replica): Promise<void> {
    this.#event(`remove ${image.name}`)
    this.containers = this.containers.filter((container) => container.id !== id)
    const well = this.containers.filter((each) => each.running && !this.ill.has(each.image.name.split(':')[1]!))
    this.leastWell = Math.min(this.leastWell, well.length)
  }

  async lastLines({name}: Replica): Promise<string[]> {
    return [`${name} is listening`]
  }

  #make(service: string, image: Pick<ReleaseImage, 'name' | 'id'>): Replica {
    this.#made += 1
    const {name, id} = image
    return {
      service,
      id: `container-${this.#made}`,
      name: `shop-${service}-${this.#made}`,
      image: {name, id},
      running: true,
      health: 'healthy',
      restarts: 0,
      createdAt: this.#now(),
    }
  }
}
