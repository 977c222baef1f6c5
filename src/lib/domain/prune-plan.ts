import {formatDuration} from './quantity.ts'

/** What may go, in the order in which it goes. There is no kind for volumes, and there must never be one. */
export const pruneKinds = ['container', 'network', 'image', 'build cache', 'release files', 'database'] as const
export type PruneKind = (typeof pruneKinds)[number]

export interface PruneItem {
  kind: PruneKind
  /** By which it is removed. */
  id: string
  name: string
  /** What removing it gives back at least; what it shares with others that go comes on top. */
  bytes: number
  reason: string
  /** What it must still be when its turn comes. */
  state: string
}

export interface KeptItem {
  kind: PruneKind
  id: string
  name: string
  bytes: number
  reason: string
}

/** What may be said of a volume: it is never removed. */
export interface ReportedVolume {
  name: string
  /** Null where Docker has not measured it. */
  bytes: number | null
  /** The container that uses it, or the one that did last; null where none is left that tells. */
  lastUser: string | null
  isInUse: boolean
}

export interface PrunePolicy {
  /** Milliseconds for which nothing is removed that came, ended or was used. */
  minAge: number
  /** Patterns of image names that stay. */
  keep: readonly string[]
  /** Patterns of the images that the Compose files of the project name. */
  composeImages: readonly string[]
  /** Services in the Compose files; null where there are none to read. */
  composeServices: readonly string[] | null
  /** The Compose project, or null in a runtime without. */
  project: string | null
  /** Image IDs and digests of the releases that can be gone back to. */
  releaseImages: ReadonlySet<string>
  /** When each image last ran in a release, by ID; milliseconds since 1970. */
  releasedAt: ReadonlyMap<string, number>
  /** Bytes of the build cache that stay. */
  cacheFloor: number
}

export interface PruneDecision {
  items: readonly PruneItem[]
  kept: readonly KeptItem[]
  volumes: readonly ReportedVolume[]
}

/** Returns the words for an age under the limit: `3h of 7d`. */
export function ageOf(now: number, at: number, {minAge}: Pick<PrunePolicy, 'minAge'>): string {
  return `${formatDuration(Math.max(now - at, 0))} of ${formatDuration(minAge)}`
}
