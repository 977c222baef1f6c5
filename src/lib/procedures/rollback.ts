import type {Change} from '../change.ts'
import {didYouMean, nearest, nearestId} from '../domain/nearest.ts'
import {incompatibleMigrations, isSame, originOf, releaseBefore, type Migration, type Release} from '../domain/release.ts'
import type {ReleaseRules} from '../domain/release-rules.ts'
import {OperatorError} from '../errors.ts'
import {carryOut, describeSchema, type CarriedOut, type Undertaking} from './release/carry-out.ts'
import {
  assertNoneUnfinished,
  describeImages,
  describeUnsettled,
  gatherRelease,
  isUnsettled,
  replicasIn,
  runningRelease,
  type ReleaseFacts,
} from './release/facts.ts'

export interface RollbackInput {
  /** The id of a release or the beginning of one, or a version; without one the last good release before what runs. */
  selector: string | undefined
  /** Restore what the database was when that release ran, too. */
  withData: boolean
  rules: ReleaseRules
}

export interface RollbackPlan {
  summary: readonly string[]
  undertaking: Undertaking
  found: Release | null
  target: Release
}

/** Goes back to a release that was good, after everything that forbids it was looked at; gated and watched as a deployment is. */
export const rollback: Change<RollbackInput, ReleaseFacts, RollbackPlan, CarriedOut> = {
  name: 'rollback',

  async gather({selector, rules}, ports) {
    const facts = await gatherRelease(rules, ports)
    assertNoneUnfinished(facts.releases)
    const {found} = runningRelease(facts)
    const {images} = selectRelease(selector, found ? [found, ...facts.releases] : facts.releases)
    const stack = await ports.releaseStack()
    await ports.progress.step('Look for the images', () => stack.keep(images))
    return facts
  },

  plan(facts, {selector, withData, rules}) {
    const {running, found} = runningRelease(facts)
    const releases = found ? [found, ...facts.releases] : facts.releases
    const target = selectRelease(selector, releases)
    if (isSame(target, facts.present) && !withData && !isUnsettled(facts.present))
      throw new OperatorError('refused', `${nameOf(target)} is what runs.`, {hint: 'sparkone releases shows the others.'})
    const data = withData ? matchingBackup(target, releases) : null
    if (data === null) assertCompatible(target, facts, rules, releases)
    const undertaking = undertake(facts, {target, running, data, rules})
    return {summary: summarise(facts, target, undertaking), undertaking, found, target}
  },

  question({target, undertaking}) {
    const {data} = undertaking.release
    return data === null ? `Go back to ${nameOf(target)}?` : `Go back to ${nameOf(target)}, and to the data of backup ${data}?`
  },

  async apply({undertaking, found}, ports) {
    if (found) await (await ports.releases()).save(found)
    return carryOut(undertaking, ports)
  },
}

/** Throws `notFound` for one that is unknown, `refused` for one that never was good, `usage` where several begin so. */
function selectRelease(selector: string | undefined, releases: readonly Release[]): Release {
  const hint = 'sparkone releases shows which there are.'
  if (selector === undefined) {
    const before = releaseBefore(releases)
    if (before) return before
    throw new OperatorError('notFound', 'No good release is known before the one that runs.', {hint})
  }
  const named = releases.filter(({id, version}) => id.startsWith(selector) || version === selector)
  const good = [...new Set(named.filter(({outcome}) => outcome === 'good').map((release) => originOf(release, releases)))]
  const distinct = good.filter((release, index) => good.findIndex((other) => isSame(other, release)) === index)
  const [only] = distinct
  if (only && distinct.length === 1) return only
  if (distinct.length > 1)
    throw new OperatorError('usage', `Several releases are meant by ${selector}.`, {hint, details: distinct.map(({id}) => id)})
  if (named.length > 0) throw new OperatorError('refused', `Release ${selector} never was good.`, {hint})
  throw new OperatorError('notFound', `There is no release ${selector}.`, {hint: `${didYouMean(releaseMeant(selector, releases))}${hint}`})
}

/** Versions are short, so that a single letter of another is near enough. */
function releaseMeant(selector: string, releases: readonly Release[]): string | null {
  const good = releases.filter(({outcome}) => outcome === 'good')
  return (
    nearest(selector, [...new Set(good.flatMap(({version}) => version ?? []))]) ?? nearestId(selector, [...new Set(good.map(({id}) => id))])
  )
}

/** Returns the id of the backup that was taken when the release was replaced: the newest data that it worked with. Throws `notFound`. */
function matchingBackup(target: Release, releases: readonly Release[]): string {
  const id = backupAfter(target, releases)
  if (id !== null) return id
  throw new OperatorError('notFound', `No backup is known that was taken when ${nameOf(target)} was replaced.`, {
    hint: 'sparkone restore --list shows what there is; sparkone restore brings it back.',
  })
}

/** It may have run several times; and what was only tried meanwhile, and put back, has replaced nothing. */
function backupAfter(target: Release, releases: readonly Release[]): string | null {
  const last = releases.findIndex((each) => each.outcome === 'good' && isSame(originOf(each, releases), target))
  const next = releases.slice(0, last).findLast(({outcome}) => outcome === 'good' || outcome === 'failed')
  return next?.kind === 'deploy' ? next.backup : null
}

/** Throws `incompatible`, with the ways that are left, when the code of a release cannot work with the schema that is there. */
function assertCompatible(target: Release, {schema}: ReleaseFacts, {schema: rules}: ReleaseRules, releases: readonly Release[]): void {
  const breaking = incompatibleMigrations(schema, target.schema.after, rules.unknown)
  const isUnknown = schema === null && rules.unknown === 'breaking' && target.schema.after !== null
  if (breaking.length === 0 && !isUnknown) return
  const backup = backupAfter(target, releases)
  const forward = 'Forward: deploy a version that mends what is wrong.'
  throw new OperatorError('incompatible', `${nameOf(target)} cannot work with the schema that the database has; nothing was changed.`, {
    details: isUnknown ? [`The table ${rules.table} is not there, so nothing tells what the schema is.`] : breaking.map(describe),
    hint:
      backup === null
        ? `${forward} No backup of before is known.`
        : `${forward} Back, losing what was written since: sparkone rollback ${target.id} --with-data (backup ${backup}).`,
  })
}

function describe({name, breaking}: Migration): string {
  return breaking === null
    ? `${name} came since, and nothing says that older code can work with it (deploy.migrations.unknown)`
    : `${name} came since, and older code cannot work with it`
}

type Decided = {target: Release; running: Release; data: string | null; rules: ReleaseRules}

function undertake({schema, now, id, actor}: ReleaseFacts, {target, running, data, rules}: Decided): Undertaking {
  const from = {version: running.version, commit: running.commit, images: running.images}
  const images = target.images.map((image) => ({...image, replicas: replicasIn(running, image.service) ?? image.replicas}))
  const release: Release = {
    version: target.version,
    commit: target.commit,
    images,
    id,
    kind: 'rollback',
    reference: target.id,
    previous: running.id,
    schema: {before: schema, after: schema},
    backup: null,
    restart: false,
    data,
    actor,
    startedAt: now.toISOString(),
    endedAt: null,
    outcome: null,
    step: null,
    reason: null,
  }
  return {release, from, rules, backup: null, migrates: false, pending: []}
}

function summarise({present, proxyNote, schema}: ReleaseFacts, target: Release, {release, rules}: Undertaking): string[] {
  return [
    ...describeUnsettled(present),
    ...describeImages(present, release),
    ...(target.commit === null || target.commit === present.commit ? [] : [`commit ${target.commit.slice(0, 12)}`]),
    release.data === null
      ? `the schema stays (${describeSchema(schema)}); it can work with it`
      : `restore backup ${release.data} and swap it in: what was written since is only in the kept database, and requests fail until the containers are replaced`,
    proxyNote,
    `watch it for ${rules.soak.durationMilliseconds / 1000} s; when it fails, ${present.version ?? 'what runs now'} is put back`,
  ]
}

function nameOf({version, id}: Release): string {
  return version === null ? `release ${id}` : `${version} (release ${id})`
}
