import type {Change} from '../change.ts'
import {currentRelease, releaseSteps, unfinishedRelease, type Release, type ReleaseStep} from '../domain/release.ts'
import type {ReleaseRules} from '../domain/release-rules.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {BackupInput} from './backup.ts'
import {carryOut, type CarriedOut, type Undertaking} from './release/carry-out.ts'
import {putBack} from './release/put-back.ts'
import {isOf} from './release/replace.ts'
import {Run} from './release/run.ts'

export interface ResumeInput {
  /** Put back what ran before instead of going on. */
  back: boolean
  rules: ReleaseRules
  backup: BackupInput
}

interface Facts {
  unfinished: Release | null
  previous: Release | null
  /** A line for each service: how many containers run what. */
  containers: readonly string[]
}

export interface ResumePlan {
  summary: readonly string[]
  /** Null where nothing was cut off. */
  undertaking: Undertaking | null
  step: ReleaseStep
  way: 'forget' | 'go on' | 'put back'
}

/** Ends a release that was cut off: goes on where it stopped, or puts back what ran before. */
export const deployResume: Change<ResumeInput, Facts, ResumePlan, CarriedOut | null> = {
  name: 'deploy resume',

  async gather(_input, ports) {
    const releases = await (await ports.releases()).all()
    const unfinished = unfinishedRelease(releases)
    const previous = releases.find(({id}) => id === unfinished?.previous) ?? currentRelease(releases)
    return {unfinished, previous, containers: unfinished ? await containersOf(unfinished, ports) : []}
  },

  plan(facts, {back, rules, backup}) {
    const {unfinished, previous} = facts
    const step = unfinished?.step ?? 'backup'
    if (!unfinished) return {summary: ['no release was cut off'], undertaking: null, step, way: 'forget'}
    const begun = releaseSteps.indexOf(step) >= releaseSteps.indexOf('switch')
    if (begun && !previous) {
      throw new OperatorError('failed', 'The ledger does not know what ran before.', {hint: 'sparkone deploy brings up a release.'})
    }
    const {version, commit, images} = previous ?? unfinished
    const undertaking: Undertaking = {
      release: unfinished,
      from: {version, commit, images},
      rules,
      backup: unfinished.backup === null ? backup : null,
      migrates: unfinished.kind === 'deploy',
      pending: null,
    }
    const way = begun ? (back ? 'put back' : 'go on') : 'forget'
    return {summary: summarise(facts, unfinished, way), undertaking, step, way}
  },

  question({undertaking, way}) {
    if (!undertaking || way === 'forget') return null
    return way === 'go on' ? 'Go on with it?' : `Put ${undertaking.from.version ?? 'what ran before'} back?`
  },

  async apply({undertaking, step, way}, ports) {
    if (!undertaking) return null
    if (way === 'go on') return carryOut(undertaking, ports, step)
    const run = new Run(undertaking, ports)
    if (way === 'forget') {
      const remarks = await run.end('abandoned', 'It was cut off before anything was changed.')
      return {release: run.release, soaked: null, lastLines: [], remarks}
    }
    const ending = await putBack(run, new OperatorError('failed', 'It was cut off.'))
    // Asked for, so it is no failure.
    if (ending.kind !== 'rolledBack') throw ending
    return {release: run.release, soaked: null, lastLines: [], remarks: []}
  },
}

const doneBefore: Record<ReleaseStep, string> = {
  backup: 'nothing was changed: it was still taking its backup',
  before: 'nothing was changed: it was still running the hook before',
  switch: 'version, commit and images were being set; no container was replaced',
  migrate: 'the schema was being brought up to date; no container was replaced',
  data: 'the data of the backup was being brought back; no container was replaced',
  replace: 'containers were being replaced',
  gate: 'all containers were replaced; the API was being asked behind its proxy',
  soak: 'all containers were replaced; the release was being watched',
  after: 'all was done but the hooks at the end',
}

function summarise({containers}: Facts, {id, version, step}: Release, way: ResumePlan['way']): string[] {
  const next = {
    forget: 'forget it; sparkone deploy tries again',
    'go on': `go on from there: ${releaseSteps.slice(releaseSteps.indexOf(step ?? 'backup'), -1).join(', ')}`,
    'put back': 'put back what ran before',
  }
  return [`release ${version ?? id} was cut off: ${doneBefore[step ?? 'backup']}`, ...containers, next[way]]
}

async function containersOf({images}: Release, ports: Ports): Promise<string[]> {
  const stack = await ports.releaseStack()
  return Promise.all(
    images.map(async (image) => {
      const running = (await stack.replicas(image.service)).filter((replica) => replica.running)
      return `${image.service}: ${running.filter((replica) => isOf(replica, image)).length} of ${running.length} containers run ${image.name}`
    }),
  )
}
