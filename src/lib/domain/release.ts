/** An image as it ran: the name that Compose knows it by, and what that name stood for. */
export interface ReleaseImage {
  service: string
  /** Such as `registry/api:1.4.2`. */
  name: string
  /** The image ID that Docker gave it: `sha256:` and 64 hexadecimal digits. */
  id: string
  /** `name@sha256:…` as the registry knows it; null for an image that was built here and never pushed. */
  digest: string | null
  /** How many containers ran of the service, and will. */
  replicas: number
}

export interface Migration {
  name: string
  /** Code that does not know it cannot work on a schema that has it; null where nothing says so. */
  breaking: boolean | null
}

/** The migrations that a database has, in the order of their names; null where it does not say. */
export type SchemaState = readonly Migration[] | null

export type ReleaseOutcome =
  /** It runs, or ran until the next one. */
  | 'good'
  /** It failed, and what ran before was put back. */
  | 'put back'
  /** It failed, and what ran before could not be put back. */
  | 'failed'
  /** It ended before anything was changed. */
  | 'abandoned'

/** What a deployment does, in this order. A release that was cut off says which of them it had begun. */
export const releaseSteps = ['backup', 'before', 'switch', 'migrate', 'data', 'replace', 'gate', 'soak', 'after'] as const
export type ReleaseStep = (typeof releaseSteps)[number]

/** What is brought up: the value of the version variable, the commit of the Compose files, and the images. */
export interface Content {
  /** Null where the images are not named by a variable. */
  version: string | null
  /** Null outside git. */
  commit: string | null
  images: readonly ReleaseImage[]
}

/** One line of the ledger: something that was brought up, or was to be. */
export interface Release extends Content {
  id: string
  /** `found`: what ran when the ledger was begun. */
  kind: 'deploy' | 'rollback' | 'found'
  /** What was asked for, such as a tag; for a rollback the id of the release that it goes back to. */
  reference: string
  /** The release that ran before; null for the first. */
  previous: string | null
  schema: {before: SchemaState; after: SchemaState}
  /** Id of the backup that was taken, or was recent enough. */
  backup: string | null
  /** Containers whose image stays the same are replaced, too, as for new settings. */
  restart: boolean
  /** Id of the backup whose data came, or were to come, with it; null where the data stayed. */
  data: string | null
  actor: string
  startedAt: string
  endedAt: string | null
  /** Null as long as it is under way, or was cut off. */
  outcome: ReleaseOutcome | null
  step: ReleaseStep | null
  /** Why it failed. */
  reason: string | null
}

/** Returns the release that runs: the newest that is good. Releases are given newest first. */
export function currentRelease(releases: readonly Release[]): Release | null {
  return releases.find(({outcome}) => outcome === 'good') ?? null
}

/** Returns the release that was cut off; there is at most one, since nothing else may be begun before it is ended. */
export function unfinishedRelease(releases: readonly Release[]): Release | null {
  return releases.find(({outcome}) => outcome === null) ?? null
}

/** Returns the release whose content one of the ledger has: itself, or where it went back to. */
export function originOf(release: Release, releases: readonly Release[]): Release {
  if (release.kind !== 'rollback') return release
  const target = releases.find(({id}) => id === release.reference)
  return target ? originOf(target, releases) : release
}

/** Returns the last good release before what runs now, so that going back twice goes back two; null where there is none. */
export function releaseBefore(releases: readonly Release[]): Release | null {
  const current = currentRelease(releases)
  if (!current) return null
  const origin = originOf(current, releases)
  const older = releases.slice(releases.indexOf(origin) + 1)
  return older.find((each) => each.outcome === 'good' && each.kind !== 'rollback' && !isSame(each, origin)) ?? null
}

/** Returns whether two are the same content: the same images under the same version. */
export function isSame(one: Content, other: Content): boolean {
  const key = ({images}: Content) =>
    images
      .map(({service, id}) => `${service} ${id}`)
      .toSorted()
      .join('\n')
  return one.version === other.version && one.commit === other.commit && key(one) === key(other)
}

/** Returns the newest version of the schema by name; null where it is not known, or empty. */
export function schemaVersion(schema: SchemaState): string | null {
  return schema?.at(-1)?.name ?? null
}

/** Returns the oldest schema whose code can work on this one: the last breaking migration; null where any can, or nothing is known. */
export function minimumSchema(schema: SchemaState): string | null {
  return schema?.findLast(({breaking}) => breaking === true)?.name ?? null
}

/** Returns the migrations that code made for `known` does not know and cannot work with. `assumed` stands in where nothing is said. */
export function incompatibleMigrations(present: SchemaState, known: SchemaState, assumed: 'breaking' | 'compatible'): Migration[] {
  const names = new Set(known?.map(({name}) => name))
  return (present ?? []).filter(({name, breaking}) => !names.has(name) && (breaking ?? assumed === 'breaking'))
}

/** Returns the digests and image IDs that rolling back may need, of the last good releases. */
export function imagesToKeep(releases: readonly Release[], count: number): Set<string> {
  const good = releases.filter(({outcome, kind}) => outcome === 'good' && kind !== 'rollback').slice(0, count)
  const needed = [
    ...good,
    ...releases.filter(({outcome}) => outcome === null),
    ...[currentRelease(releases)].filter((each) => each !== null),
  ]
  return new Set(needed.flatMap(({images}) => images.flatMap(({id, digest}) => (digest === null ? [id] : [id, digest]))))
}
