/** What Docker has on its disk, as far as deciding what may go needs it. Times are milliseconds since 1970. */
export interface DockerContents {
  images: readonly DockerImage[]
  /** All of them, running or not. */
  containers: readonly DockerContainer[]
  networks: readonly DockerNetwork[]
  volumes: readonly DockerVolume[]
  cache: readonly CacheRecord[]
}

export interface DockerImage {
  /** `sha256:` and 64 hexadecimal digits. */
  id: string
  /** Such as `registry/api:1.4.2`; without any it is dangling. */
  names: readonly string[]
  /** `name@sha256:…` as registries know it. */
  digests: readonly string[]
  /** When it came to this machine, or was last given a name here; null where nothing tells. The time it was built says neither. */
  arrivedAt: number | null
  /** What it shares with no other image. */
  bytes: number
  /** The image it was built upon by the old builder, which cannot go before it. */
  parent: string | null
}

export interface DockerContainer {
  id: string
  name: string
  image: string
  /** As Docker says: running, exited, created, paused, restarting, removing, dead. */
  state: string
  createdAt: number
  /** When it ended; null where it never ran, or runs. */
  endedAt: number | null
  /** What it has written. */
  bytes: number
  /** Of Compose; null outside. */
  project: string | null
  service: string | null
  /** Made by `docker compose run`. */
  isOneOff: boolean
  /** Docker starts it again by itself, unless it was stopped by hand. */
  restarts: boolean
  volumes: readonly string[]
  /** IDs and names of its networks. */
  networks: readonly string[]
}

export interface DockerNetwork {
  id: string
  name: string
  createdAt: number
  project: string | null
  /** Docker's own, or spread over several machines. */
  isFixed: boolean
}

/** Only ever reported. */
export interface DockerVolume {
  name: string
  /** Null where Docker has not measured it. */
  bytes: number | null
}

export interface CacheRecord {
  id: string
  description: string
  bytes: number
  /** Its bytes belong to an image, too. */
  isShared: boolean
  isInUse: boolean
  usedAt: number
  parents: readonly string[]
}

/** Returns whether a name is one that Docker made up: the volume belongs to one container, and only that leads to it. */
export function isAnonymous(volume: string): boolean {
  return /^[0-9a-f]{64}$/.test(volume)
}
