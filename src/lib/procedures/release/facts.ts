import {backupId} from '../../domain/backup-set.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {
  currentRelease,
  isSame,
  originOf,
  unfinishedRelease,
  type Content,
  type Release,
  type ReleaseImage,
  type SchemaState,
} from '../../domain/release.ts'
import type {ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {Present} from '../../ports/release-stack.ts'
import {readSchema} from './schema.ts'

export interface ReleaseFacts {
  releases: readonly Release[]
  /** What is set and runs. */
  present: Present
  /** Who is asked whether it sends to a container, or why nobody is. */
  proxyNote: string
  schema: SchemaState
  /** The newest proven backup of the database; null where there is none. */
  proven: {id: string; ageMilliseconds: number} | null
  now: Date
  /** Of the release that this may become. */
  id: string
  /** Of the entry for what was found running, where the ledger does not know it. */
  foundId: string
  actor: string
}

/** Reads the ledger, what runs, the schema, and how old the newest proven backup is. */
export async function gatherRelease({schema: {table}}: ReleaseRules, ports: Ports): Promise<ReleaseFacts> {
  const [releases, stack] = [await (await ports.releases()).all(), await ports.releaseStack()]
  const now = ports.clock.now()
  return {
    releases,
    present: await stack.present(),
    proxyNote: (await stack.proxy()).note,
    schema: await readSchema(table, ports),
    proven: await newestProven(ports, now),
    now,
    id: backupId(now, ports.random.shortId()),
    // A millisecond earlier by name as well as by time: what was found came before.
    foundId: backupId(new Date(now.getTime() - 1000), ports.random.shortId()),
    actor: ports.settings.actor,
  }
}

async function newestProven(ports: Ports, now: Date): Promise<ReleaseFacts['proven']> {
  const {databaseName} = await ports.runtime()
  const sets = (await (await ports.store()).list()).filter(
    ({manifest, proof}) => manifest.kind !== 'files' && manifest.database === databaseName && proof?.passed,
  )
  const ages = sets.map(({manifest}) => ({id: manifest.id, ageMilliseconds: now.getTime() - Date.parse(manifest.startedAt)}))
  return ages.toSorted((one, other) => one.ageMilliseconds - other.ageMilliseconds)[0] ?? null
}

/** Throws `refused` while a release that was cut off has not been ended. */
export function assertNoneUnfinished(releases: readonly Release[]): void {
  const unfinished = unfinishedRelease(releases)
  if (!unfinished) return
  throw new OperatorError(
    'refused',
    `Release ${unfinished.version ?? unfinished.id} was cut off at the step ${unfinished.step ?? 'backup'}.`,
    {
      hint: 'sparkone deploy resume goes on with it; sparkone deploy resume --back puts back what ran before.',
    },
  )
}

/** Returns the release of the ledger that runs, and the entry that has to be written first where the ledger does not know what runs. */
export function runningRelease({releases, present, schema, foundId, now, actor}: ReleaseFacts): {running: Release; found: Release | null} {
  const current = currentRelease(releases)
  if (current && isStillRunning(originOf(current, releases), present)) {
    return {running: {...current, images: scaledAsNow(current, releases, present)}, found: null}
  }
  const at = now.toISOString()
  const {set: _set, mixed: _mixed, ...content} = present
  const found: Release = {
    ...content,
    id: foundId,
    kind: 'found',
    reference: present.version ?? 'what ran',
    previous: current?.id ?? null,
    schema: {before: schema, after: schema},
    backup: null,
    restart: false,
    data: null,
    actor,
    startedAt: at,
    endedAt: at,
    outcome: 'good',
    step: null,
    reason: null,
  }
  return {running: found, found}
}

/** What was scaled since stays so; while containers of a release that failed run beside the others, the ledger knows better how many there were. */
function scaledAsNow({images}: Release, [newest]: readonly Release[], present: Present): ReleaseImage[] {
  const counted = present.mixed && newest ? newest : present
  return images.map((image) => ({...image, replicas: replicasIn(counted, image.service) ?? image.replicas}))
}

/** Returns how many containers a content has of a service; undefined where it knows nothing of it. */
export function replicasIn({images}: Content, service: string): number | undefined {
  return images.find((image) => image.service === service)?.replicas
}

/** Returns whether something else runs, or is set, than the images of the present alone. */
export function isUnsettled(present: Present): boolean {
  return present.mixed || isSetOtherwise(present)
}

/** Returns whether the version variable says another version than the one that runs. */
function isSetOtherwise({set, version}: Present): boolean {
  return set !== null && set !== version
}

/** Returns a line for what a release leaves that could not be put back, or somebody by hand. */
export function describeUnsettled(present: Present): string[] {
  return [
    ...(isSetOtherwise(present) ? [`${present.set} is set, but ${present.version ?? 'something else'} runs`] : []),
    ...(present.mixed ? ['containers of several releases run side by side'] : []),
  ]
}

/** Another commit may be checked out by hand, or by a release that could not be put back: the containers are those of the release all the same. */
function isStillRunning(release: Release, present: Present): boolean {
  const commit = release.commit === null ? null : present.commit
  return isSame({...release, commit}, present)
}

/** Returns how the images change, a line for each service. */
export function describeImages(from: Content, to: Content): string[] {
  return to.images.map(({service, name, id, replicas}) => {
    const old = from.images.find((image) => image.service === service)
    if (replicas === 0) return `${service}: no container runs, and none is started`
    const instead = old ? ` instead of ${old.name} (${shortId(old.id)})` : ''
    return `${service}: ${name} (${shortId(id)})${instead}, ${replicas} ${replicas === 1 ? 'container' : 'containers, one after the other'}`
  })
}

/** Returns words for a backup that is there. */
export function describeAge(milliseconds: number): string {
  return `${formatDuration(milliseconds)} old`
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}
