import type {Context} from './context.ts'
import {perform, type Change, type PerformOptions} from './lib/change.ts'
import type {Release} from './lib/domain/release.ts'
import {minimumSchema} from './lib/domain/release.ts'
import {redact} from './lib/domain/job-message.ts'
import {exitCodes, OperatorError} from './lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from './lib/output/document.ts'
import {releaseMessage, releaseView} from './lib/output/views/release.ts'
import {tellPeople} from './lib/procedures/notify.ts'
import type {CarriedOut} from './lib/procedures/release/carry-out.ts'

/** Performs a release and tells people how it ended. Returns its answer. Throws what it throws. */
export async function answerRelease<Input, Facts, Plan extends {summary: readonly string[]}>(
  verb: 'deploy' | 'deploy-resume' | 'rollback',
  change: Change<Input, Facts, Plan, CarriedOut | null>,
  input: Input,
  {context, options}: {context: Context; options: PerformOptions},
): Promise<Answer> {
  const troubles: string[] = []
  const tell = async (exitCode: number, message: string) => {
    troubles.push(...(await tellOf(verb, context, exitCode, message)))
  }
  try {
    const {plan, result} = await perform(change, input, context.ports, options)
    if (options.dryRun) return planAnswer(verb, plan.summary)
    if (!result) return idleAnswer(verb, plan.summary)
    await tell(result.remarks.length > 0 ? exitCodes.warning : 0, releaseMessage(result.release))
    return doneAnswer(verb, result, troubles)
  } catch (error) {
    // What was refused, or found nothing to do, changed nothing that others would have to know.
    if (error instanceof OperatorError && changed.has(error.kind)) await tell(error.exitCode, error.message)
    throw error
  }
}

/** A release as documents have it. */
export function releaseBody(release: Release): Record<string, unknown> {
  return {...release, minimumSchema: minimumSchema(release.schema.after)}
}

const changed: ReadonlySet<string> = new Set(['rolledBack', 'failed', 'interrupted', 'terminated', 'timeout', 'corrupt'])

async function tellOf(verb: string, {ports, config}: Context, exitCode: number, message: string): Promise<string[]> {
  const {peopleOf, secretsIn} = await import('./lib/config/attendance-input.ts')
  const {project, environment, actor} = ports.settings
  const end = {
    job: verb.replace('-', ' '),
    run: ports.random.uuid(),
    project,
    environment,
    actor,
    exitCode,
    message: redact(message, secretsIn(config)),
  }
  return tellPeople({...end, single: true}, peopleOf(config), ports)
}

function idleAnswer(verb: string, summary: readonly string[]): Answer {
  const message = summary.join('; ')
  return changeAnswer(verb, {
    human: `Nothing to do: ${message}.`,
    message,
    body: {release: null, soak: null, remarks: [], lastLines: []},
  })
}

function doneAnswer(verb: string, {release, soaked, remarks, lastLines}: CarriedOut, troubles: readonly string[]): Answer {
  const all = [...remarks, ...troubles]
  return changeAnswer(verb, {
    human: releaseView({release, soak: soaked, remarks: all, lastLines}),
    message: [releaseMessage(release), ...all].join('; '),
    exitCode: all.length > 0 ? exitCodes.warning : 0,
    measurements: secondsOf(release).map((value) => ({label: 'seconds', value, unit: 's' as const})),
    body: {release: releaseBody(release), soak: soaked, remarks: all, lastLines: [...lastLines]},
  })
}

function secondsOf({startedAt, endedAt}: Release): number[] {
  return endedAt === null ? [] : [(Date.parse(endedAt) - Date.parse(startedAt)) / 1000]
}
