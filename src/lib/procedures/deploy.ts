import type {Change} from '../change.ts'
import {incompatibleMigrations, isSame, type Migration, type Release} from '../domain/release.ts'
import type {ReleaseRules} from '../domain/release-rules.ts'
import type {Candidate} from '../ports/release-stack.ts'
import type {BackupInput} from './backup.ts'
import {carryOut, describeSchema, type CarriedOut, type Undertaking} from './release/carry-out.ts'
import {
  assertNoneUnfinished,
  describeAge,
  describeImages,
  describeUnsettled,
  gatherRelease,
  isUnsettled,
  replicasIn,
  runningRelease,
  type ReleaseFacts,
} from './release/facts.ts'

export interface DeployInput {
  /** A tag, a commit or a branch; without one what is newest. */
  reference: string | undefined
  rules: ReleaseRules
  backup: BackupInput
  /** No backup is taken, and none is asked for. */
  skipBackup: boolean
  /** Replace containers even where nothing of them changes, as for new settings. */
  restart: boolean
}

interface Facts extends ReleaseFacts {
  candidate: Candidate
}

export interface DeployPlan {
  summary: readonly string[]
  /** Null where what is asked for runs already. */
  undertaking: Undertaking | null
  /** Written first, where what ran was not in the ledger. */
  found: Release | null
  running: Release
  candidate: Candidate
}

/** Brings up a release behind the proxy without losing a request, watches it, and puts back what ran before when it does badly. */
export const deploy: Change<DeployInput, Facts, DeployPlan, CarriedOut | null> = {
  name: 'deploy',

  async gather({reference, rules}, ports) {
    const facts = await gatherRelease(rules, ports)
    assertNoneUnfinished(facts.releases)
    const stack = await ports.releaseStack()
    const title = reference === undefined ? 'Look for the newest release' : `Fetch ${reference}`
    return {...facts, candidate: await ports.progress.step(title, () => stack.candidate(reference))}
  },

  plan(facts, input) {
    const {candidate, present} = facts
    const {running, found} = runningRelease(facts)
    if (isSame(candidate, present) && !isUnsettled(present) && !input.restart && (candidate.pending?.length ?? 0) === 0) {
      return {summary: [`${candidate.version ?? candidate.reference} runs already`], undertaking: null, found: null, running, candidate}
    }
    const undertaking = undertake(facts, input, running)
    return {summary: summarise(facts, input, undertaking), undertaking, found, running, candidate}
  },

  question({undertaking, candidate}) {
    return undertaking && `Deploy ${candidate.version ?? candidate.reference}?`
  },

  async apply({undertaking, found}, ports) {
    if (!undertaking) return null
    if (found) await (await ports.releases()).save(found)
    return carryOut(undertaking, ports)
  },
}

function undertake({candidate, schema, proven, now, id, actor}: Facts, input: DeployInput, running: Release): Undertaking {
  const {reference, commits: _commits, pending, migrates, ...content} = candidate
  const recent = proven && proven.ageMilliseconds < input.rules.backupMaxAgeMilliseconds ? proven.id : null
  const release: Release = {
    ...content,
    images: candidate.images.map((image) => ({...image, replicas: replicasIn(running, image.service) ?? image.replicas})),
    id,
    kind: 'deploy',
    reference,
    previous: running.id,
    schema: {before: schema, after: schema},
    backup: input.skipBackup ? null : recent,
    restart: input.restart,
    data: null,
    actor,
    startedAt: now.toISOString(),
    endedAt: null,
    outcome: null,
    step: null,
    reason: null,
  }
  const needsBackup = !input.skipBackup && recent === null
  const {version, commit, images} = running
  return {
    release,
    from: {version, commit, images},
    rules: input.rules,
    backup: needsBackup ? input.backup : null,
    migrates,
    pending,
  }
}

function summarise(
  {candidate, present, proven, proxyNote, schema}: Facts,
  {rules, skipBackup}: DeployInput,
  undertaking: Undertaking,
): string[] {
  const {commits, pending, migrates} = candidate
  return [
    ...describeUnsettled(present),
    ...describeImages(present, undertaking.release),
    ...(candidate.commit === null || candidate.commit === present.commit ? [] : [`commit ${candidate.commit.slice(0, 12)}`]),
    ...commits.map((commit) => `  ${commit}`),
    backupLine(undertaking, proven, skipBackup),
    ...migrationLines(migrates, pending, rules, describeSchema(schema)),
    proxyNote,
    `watch it for ${rules.soak.durationMilliseconds / 1000} s; ${afterFailure(candidate, rules, present.version)}`,
  ]
}

function backupLine({backup, release}: Undertaking, proven: Facts['proven'], skipped: boolean): string {
  if (skipped) return 'no backup is taken first'
  if (backup) return 'take a backup and prove it by a restore first'
  return `backup ${release.backup} is proven and ${describeAge(proven?.ageMilliseconds ?? 0)}, so none is taken`
}

function migrationLines(migrates: boolean, pending: readonly Migration[] | null, {schema}: ReleaseRules, present: string): string[] {
  if (!migrates) return ['no migrations: there is no service for them']
  if (pending === null) return [`migrate the schema (now ${present}); which migrations that are is not known (deploy.migrations.pending)`]
  if (pending.length === 0) return [`no migrations to apply (schema ${present})`]
  const breaks = ({breaking}: Migration) => breaking ?? schema.unknown === 'breaking'
  return [
    `migrate the schema from ${present}:`,
    ...pending.map((each) => `  ${each.name}${breaks(each) ? ', which older code cannot work with' : ''}`),
  ]
}

function afterFailure({pending}: Candidate, {schema}: ReleaseRules, version: string | null): string {
  const breaking = incompatibleMigrations(pending, [], schema.unknown)
  const before = version ?? 'what ran before'
  if (pending === null) return `when it fails, ${before} is put back if it can work with the schema by then`
  if (breaking.length === 0) return `when it fails, ${before} is put back`
  return `when it fails after ${breaking[0]!.name}, ${before} is NOT put back, since it cannot work with that schema`
}
