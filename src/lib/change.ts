import type {Finding} from './domain/finding.ts'
import {OperatorError} from './errors.ts'
import type {Ports} from './ports.ts'
import {sweep} from './procedures/sweep.ts'

/** Looks and tells, and changes nothing. */
export interface Check<Input, Facts> {
  name: string
  gather(input: Input, ports: Ports): Promise<Facts>
  judge(facts: Facts, input: Input): Finding[]
}

/** Decides, then acts. `plan` is pure, so a dry run is the same path without `apply`. */
export interface Change<Input, Facts, Plan extends {summary: readonly string[]}, Result> {
  name: string
  gather(input: Input, ports: Ports): Promise<Facts>
  /** Throws `refused`, `incompatible`, `noSpace`, … when a safety rule forbids the change. */
  plan(facts: Facts, input: Input): Plan
  /** The question a person must answer first; without it no consent is needed. */
  question?(plan: Plan): string
  apply(plan: Plan, ports: Ports): Promise<Result>
  /** Called once, only if `apply` threw. */
  undo?(plan: Plan, ports: Ports): Promise<void>
}

export interface PerformOptions {
  dryRun: boolean
  lockWaitMilliseconds: number
}

export type Performed<Plan, Result> = {plan: Plan; result: Result | null; swept: readonly string[]}

/** Performs a change under the lock of its project: sweep, gather, plan, consent, intent, apply, outcome. `result` is null on a dry run. */
export async function perform<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  input: Input,
  ports: Ports,
  options: PerformOptions,
): Promise<Performed<Plan, Result>> {
  const run = ports.random.shortId()
  const {project, environment} = ports.settings
  const locks = await ports.locks()
  await using _lock = await locks.acquire(`${project}-${environment}`, {command: change.name, run}, options.lockWaitMilliseconds)
  const swept = options.dryRun ? [] : await sweep(ports)
  // Planned inside the lock, so nothing of ours can change between deciding and doing.
  const plan = change.plan(await change.gather(input, ports), input)
  if (options.dryRun) return {plan, result: null, swept}
  const question = change.question?.(plan)
  if (question !== undefined) await ports.confirmation.require(question, plan.summary)
  return {plan, result: await applyRecorded(change, plan, ports, run), swept}
}

async function applyRecorded<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  plan: Plan,
  ports: Ports,
  run: string,
): Promise<Result> {
  const record = await recorder(change.name, run, ports)
  await record('intent', {plan: plan.summary})
  try {
    const result = await change.apply(plan, ports)
    await record('outcome', {outcome: 'done'})
    return result
  } catch (error) {
    const undone = await undo(change, plan, ports, error)
    await record('outcome', {outcome: 'failed', undone, reason: error instanceof OperatorError ? error.message : 'a bug in sparkone'})
    throw error
  }
}

async function undo<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  plan: Plan,
  ports: Ports,
  cause: unknown,
): Promise<boolean> {
  if (!change.undo) return false
  try {
    await change.undo(plan, ports)
    return true
  } catch (error) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const failure = error instanceof Error ? error.message : String(error)
    throw new OperatorError('failed', `${reason} Cleaning up failed too: ${failure}`, {
      hint: `The next run of sparkone cleans up what is left.`,
      cause,
    })
  }
}

async function recorder(command: string, run: string, ports: Ports) {
  const journal = await ports.journal()
  const {project, environment} = ports.settings
  return (phase: 'intent' | 'outcome', detail: Record<string, unknown>) =>
    journal.append({at: ports.clock.now().toISOString(), run, command, phase, project, environment, actor: ports.settings.actor, detail})
}
