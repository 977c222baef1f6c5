import type {Content, Migration, ReleaseImage} from '../domain/release.ts'

/** The services that releases are made of, as containers behind a proxy. */
export interface ReleaseStack {
  /** Replaced by a release, in this order. */
  readonly services: readonly string[]
  /** Returns what is set and what runs; a service that was scaled to 0 has no replicas. Throws `notFound` where all are, or containers are there and none runs. */
  present(): Promise<Present>
  /** Fetches what `reference` names, or the newest, and builds it where that is how it is done; nothing that runs is touched. Throws `notFound`. */
  candidate(reference: string | undefined): Promise<Candidate>
  /** Sees to it that images are here, and fetches those that are not. Throws `notFound` for one that is gone. */
  keep(images: readonly ReleaseImage[]): Promise<void>
  /** Sets the version, the commit and the images that names stand for. Throws `notFound` for an image that is gone. */
  switchTo(content: Content): Promise<void>
  /** Brings the schema up to date by the program of what is set, and ends it when the signal aborts. Throws `failed` with its last lines. */
  migrate(): Promise<void>
  /** Returns the containers of a service, running or not, the oldest first. */
  replicas(service: string): Promise<Replica[]>
  /** Starts one more of what is set beside those that are there, and returns it. */
  add(service: string): Promise<Replica>
  /** Asks a container by its own health check. Returns null when it is well, otherwise what was said. Throws `refused` where it has no check. */
  probe(replica: Replica): Promise<string | null>
  /** Returns what stands before the containers, if it can be asked. Throws `notFound` and `unreachable` where the configuration names one that cannot be. */
  proxy(): Promise<ProxyFound>
  /** Asks a container to turn unready while it still serves. Returns false where there is no way to; throws `failed`, `timeout` when it does not work. */
  drain(replica: Replica): Promise<boolean>
  /** Has a container end what it has begun, then removes it. */
  remove(replica: Replica): Promise<void>
  lastLines(replica: Replica, count: number): Promise<string[]>
}

/** What runs, by a version of which its images are made. */
export interface Present extends Content {
  /** What the variable says, which may have been changed by hand, or by a release that could not be put back. */
  set: string | null
  /** Containers of other images run beside those that are named, as a release leaves them that could not be put back. */
  mixed: boolean
}

export interface Candidate extends Content {
  /** What was asked for, or found to be the newest. */
  reference: string
  /** A line for each commit since what is set, newest first. */
  commits: readonly string[]
  /** What would be migrated; null where nothing tells. */
  pending: readonly Migration[] | null
  /** Whether there is anything to migrate with. */
  migrates: boolean
}

export interface ProxyFound {
  /** Null where nobody can be asked, and time alone must do. */
  proxy: Proxy | null
  /** For people: who is asked, or why nobody is. */
  note: string
}

/** What requests come through, asked for one container at a time. What it throws is that it cannot be asked. */
export interface Proxy {
  /** Whether it sends to containers of a service at all. */
  covers(service: string): Promise<boolean>
  /** Returns null once it sends to a container, otherwise what it does instead. */
  added(replica: Replica): Promise<string | null>
  /** Returns null once it sends nothing more to a container that has turned unready, otherwise what it does instead. */
  dropped(replica: Replica): Promise<string | null>
}

export interface Replica {
  service: string
  id: string
  name: string
  /** The name of its image, and what that stood for when it was made. */
  image: {name: string; id: string}
  running: boolean
  health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  restarts: number
  createdAt: Date
}
