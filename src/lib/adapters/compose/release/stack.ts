import {dirname, join} from 'node:path'
import type {Config} from '../../../config/schema.ts'
import type {Content, ReleaseImage} from '../../../domain/release.ts'
import {OperatorError} from '../../../errors.ts'
import type {Clock} from '../../../ports.ts'
import type {Candidate, Present, ProxyFound, ReleaseStack, Replica} from '../../../ports/release-stack.ts'
import {createHttp} from '../../http.ts'
import {LocalExecutor} from '../../process/local.ts'
import {ComposeFiles} from './compose-files.ts'
import {Docker} from '../docker.ts'
import {EnvironmentFile} from './environment-file.ts'
import {GitCheckout} from './git-checkout.ts'
import {Images} from './images.ts'
import {Migrations} from './migrations.ts'
import {findProxy, type ProxyOptions} from './proxy/find.ts'
import {Replicas} from './replicas.ts'

export interface ReleaseStackOptions {
  config: Config
  signal: AbortSignal
  clock: Clock
}

/** The services of a Compose project whose images are named by one variable, as `repository/api:${VERSION}`. */
export class ComposeReleaseStack implements ReleaseStack {
  readonly services: readonly string[]
  readonly #config: Config
  readonly #signal: AbortSignal
  readonly #files: ComposeFiles
  readonly #variable: EnvironmentFile
  readonly #git: GitCheckout | null
  readonly #images: Images
  readonly #migrations: Migrations
  readonly #replicas: Replicas
  readonly #proxyOptions: ProxyOptions
  #proxy: ProxyFound | null = null

  private constructor({config, signal, clock}: ReleaseStackOptions, services: readonly string[]) {
    const [file = ''] = config.compose.files
    const folder = dirname(file)
    const docker = new Docker(new LocalExecutor())
    const {deploy} = config
    this.services = services
    this.#config = config
    this.#variable = new EnvironmentFile(deploy.environmentFile ?? join(folder, '.env'), deploy.variable)
    this.#files = new ComposeFiles(config, folder, this.#variable)
    this.#signal = signal
    this.#git = deploy.source === 'git' ? new GitCheckout(folder, deploy.fetchLimit, signal) : null
    this.#images = new Images(docker, signal)
    this.#migrations = new Migrations({config, files: this.#files, docker, signal, clock})
    this.#replicas = new Replicas({config, files: this.#files, docker})
    this.#proxyOptions = {config, docker, http: createHttp(), clock, signal}
  }

  /** Throws `incompatible` outside Compose, `usage` where it is not known which services a release is made of, `unreachable` without Docker. */
  static async open(options: ReleaseStackOptions): Promise<ComposeReleaseStack> {
    const {runtime, compose, deploy, api} = options.config
    if (runtime !== 'compose' || compose.files.length === 0) {
      throw new OperatorError('incompatible', 'Releases are brought up by Docker Compose, and these services do not run there.', {
        hint: 'Set compose.files, or runtime: compose.',
      })
    }
    const services = deploy.services ?? (api.service === undefined ? [] : [api.service])
    if (services.length > 0) return new ComposeReleaseStack(options, services)
    throw new OperatorError('usage', 'It is not known which services a release replaces.', {hint: 'Set deploy.services.'})
  }

  async present(): Promise<Present> {
    const found = await Promise.all(this.services.map((service) => this.#running(service)))
    const running = await Promise.all(found.filter((replicas) => replicas.length > 0).map((replicas) => this.#imageOf(replicas)))
    const [first] = this.services
    if (running.length === 0) throw nothingRuns(`${first}`)
    const set = await this.#variable.read()
    const version = await this.#versionOf(running, set)
    const idle = this.services.filter((_, index) => found[index]!.length === 0)
    const mixed = found.some((replicas) => new Set(replicas.map(({image}) => `${image.name} ${image.id}`)).size > 1)
    return {
      version,
      set,
      commit: (await this.#git?.head()) ?? null,
      images: [...running, ...(await this.#idleImages(idle, version))],
      mixed,
    }
  }

  async keep(images: readonly ReleaseImage[]): Promise<void> {
    for (const image of images) await this.#images.keep(image)
  }

  async candidate(reference: string | undefined): Promise<Candidate> {
    const present = await this.present()
    return this.#git ? this.#fromGit(this.#git, reference, present) : this.#fromImages(reference, present)
  }

  async switchTo({version, commit, images}: Content): Promise<void> {
    if (this.#git && commit !== null) await this.#git.checkOut(commit)
    for (const image of images) await this.#images.name(image)
    if (version !== null) await this.#variable.write(version)
  }

  migrate(): Promise<void> {
    return this.#migrations.run()
  }

  replicas(service: string): Promise<Replica[]> {
    return this.#replicas.of(service)
  }

  add(service: string): Promise<Replica> {
    return this.#replicas.add(service)
  }

  probe(replica: Replica): Promise<string | null> {
    return this.#replicas.probe(replica)
  }

  async proxy(): Promise<ProxyFound> {
    this.#proxy ??= await findProxy(this.#proxyOptions)
    return this.#proxy
  }

  drain(replica: Replica): Promise<boolean> {
    return this.#replicas.drain(replica)
  }

  remove(replica: Replica): Promise<void> {
    return this.#replicas.remove(replica)
  }

  lastLines(replica: Replica, count: number): Promise<string[]> {
    return this.#replicas.lastLines(replica, count)
  }

  /** Returns none for a service that was scaled to 0; one whose containers have all ended is ill, which a release must not hide. */
  async #running(service: string): Promise<Replica[]> {
    const all = await this.#replicas.of(service)
    const running = all.filter((replica) => replica.running)
    if (all.length > 0 && running.length === 0) throw nothingRuns(service)
    return running
  }

  /** What the newest container runs counts, and not what its name stands for by now. */
  async #imageOf(running: readonly Replica[]): Promise<ReleaseImage> {
    const {service, image} = running.at(-1)!
    return {service, name: image.name, id: image.id, digest: await this.#images.digestOf(image.id), replicas: running.length}
  }

  /** What would run; left out where the image is not here. */
  async #idleImages(services: readonly string[], version: string | null): Promise<ReleaseImage[]> {
    if (services.length === 0) return []
    const named = await this.#files.images(services, version ?? undefined)
    const images = await Promise.all(
      named.map(async ({service, name}): Promise<ReleaseImage[]> => {
        const id = await this.#images.idOf(name)
        return id === null ? [] : [{service, name, id, digest: await this.#images.digestOf(name), replicas: 0}]
      }),
    )
    return images.flat()
  }

  /** What is set, if that is what runs; else what the tag of what runs says, if the Compose files make the same of it. */
  async #versionOf(images: readonly ReleaseImage[], set: string | null): Promise<string | null> {
    const tag = images[0]?.name.split(':').at(-1) ?? ''
    for (const version of [set, tagPattern.test(tag) ? tag : null]) {
      if (version === null) continue
      const names = await this.#files.images(this.services, version)
      if (names.every(({name}, index) => name === images[index]?.name)) return version
    }
    return set
  }

  async #fromImages(reference: string | undefined, present: Present): Promise<Candidate> {
    const version = reference ?? present.set
    if (version === null) {
      throw new OperatorError('usage', 'It is not said which version to deploy, and none is set.', {
        hint: `sparkone deploy VERSION, which sets ${this.#config.deploy.variable}.`,
      })
    }
    assertTag(version)
    const names = await this.#namesFor(version)
    await this.#images.pull(
      names.map(({name}) => name),
      this.#config.deploy.pull,
    )
    return this.#candidate({reference: version, version, commit: (await this.#git?.head()) ?? null, commits: []}, names, present)
  }

  async #fromGit(git: GitCheckout, reference: string | undefined, present: Content): Promise<Candidate> {
    const found = await git.fetch(reference)
    const version = found.commit.slice(0, 12)
    const names = await this.#namesFor(version)
    const migrating = await this.#migrations.service()
    const services = [...this.services, ...(migrating === null ? [] : [migrating])]
    const build = (folder: string) => this.#files.run(['build', ...services], {version, folder, signal: this.#signal})
    await git.workIn(found.commit, build)
    const commits = await git.commitsSince(found.commit)
    return this.#candidate({reference: found.name, version, commit: found.commit, commits}, names, present)
  }

  async #candidate(
    about: Pick<Candidate, 'reference' | 'version' | 'commit' | 'commits'> & {version: string},
    names: readonly {service: string; name: string}[],
    present: Content,
  ): Promise<Candidate> {
    const images = await Promise.all(
      names.map(async ({service, name}): Promise<ReleaseImage> => {
        const [id, digest] = [await this.#images.idOf(name), await this.#images.digestOf(name)]
        if (id === null) throw new OperatorError('notFound', `There is no image ${name}.`)
        return {service, name, id, digest, replicas: present.images.find((image) => image.service === service)?.replicas ?? 0}
      }),
    )
    const migrates = (await this.#migrations.service()) !== null
    return {...about, images, migrates, pending: migrates ? await this.#migrations.pending(about.version) : []}
  }

  /** Throws `usage` where the images do not depend on the variable, so that no version could be told from another. */
  async #namesFor(version: string): Promise<{service: string; name: string}[]> {
    const names = await this.#files.images(this.services, version)
    const others = await this.#files.images(this.services, `${version}-other`)
    const fixed = names.find(({name}, index) => name === others[index]?.name)
    if (!fixed) return names
    const {variable} = this.#config.deploy
    throw new OperatorError('usage', `The image of service ${fixed.service} (${fixed.name}) does not depend on ${variable}.`, {
      hint: `Name its tag by it in the Compose file, or name another in deploy.variable.`,
    })
  }
}

function nothingRuns(service: string): OperatorError {
  return new OperatorError('notFound', `No container of service ${service} runs, so there is nothing that a release could replace.`, {
    hint: `Start the stack first: docker compose up --detach --wait; or, if none of it is wanted: docker compose rm ${service}`,
  })
}

const tagPattern = /^[\w][\w.-]{0,127}$/

/** Throws `usage` for what no tag can be; it goes into a file and into commands. */
function assertTag(version: string): void {
  if (tagPattern.test(version)) return
  throw new OperatorError('usage', `${JSON.stringify(version)} is no tag of an image.`, {
    hint: 'A tag has letters, digits, dots, dashes and underscores.',
  })
}
