import type {Finding} from './domain/finding.ts'
import {messageOf, OperatorError} from './errors.ts'
import type {Ports} from './ports.ts'
import {sweep, sweepBackups} from './procedures/sweep.ts'

/** Looks and tells, and changes nothing. */
export interface Check<Input, Facts> {
  name: string
  gather(input: Input, ports: Ports): Promise<Facts>
  judge(facts: Facts, input: Input): Finding[]
}

/** Decides, then acts. `plan` is pure, so a dry run is the same path without `apply`. */
export interface Change<Input, Facts, Plan extends {summary: readonly string[]}, Result> {
  name: string
  /** Such a change has nothing to do with the services, so it works while they are down. */
  touches?: 'backups'
  gather(input: Input, ports: Ports): Promise<Facts>
  /** Throws `refused`, `incompatible`, `noSpace`, … when a safety rule forbids the change. */
  plan(facts: Facts, input: Input): Plan
  /** The question a person must answer first; without one no consent is needed. */
  question?(plan: Plan): string | null
  /** What a person must type to agree to what cannot be undone; without it, yes is enough. */
  typed?(plan: Plan): string | undefined
  apply(plan: Plan, ports: Ports): Promise<Result>
  /** Called once, only if `apply` threw. */
  undo?(plan: Plan, ports: Ports): Promise<void>
}

export interface PerformOptions {
  dryRun: boolean
  lockWaitMilliseconds: number
  /** Within the lock, around everything that is done but a dry run. */
  around?<Done>(work: () => Promise<Done>): Promise<Done>
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
  const work = () => performLocked(change, input, ports, run, options.dryRun)
  // Awaited, so that the lock is held until it is over.
  return await (options.around && !options.dryRun ? options.around(work) : work())
}

async function performLocked<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  input: Input,
  ports: Ports,
  run: string,
  dryRun: boolean,
): Promise<Performed<Plan, Result>> {
  const swept = dryRun ? [] : await (change.touches === 'backups' ? sweepBackups(ports) : sweep(ports))
  // Planned inside the lock, so nothing of ours can change between deciding and doing.
  const plan = change.plan(await change.gather(input, ports), input)
  if (dryRun) return {plan, result: null, swept}
  const question = change.question?.(plan) ?? null
  if (question !== null) await ports.confirmation.require(question, plan.summary, change.typed?.(plan))
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
  const result = await applyOrUndo(change, plan, ports, record)
  try {
    await record('outcome', {outcome: 'done'})
  } catch (error) {
    throw new OperatorError('warning', `Done, but that it was done could not be recorded: ${messageOf(error)}`, {cause: error})
  }
  return result
}

async function applyOrUndo<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  plan: Plan,
  ports: Ports,
  record: Recorder,
): Promise<Result> {
  try {
    return await change.apply(plan, ports)
  } catch (error) {
    const unclean = await undo(change, plan, ports)
    const reason = error instanceof OperatorError ? error.message : 'a bug in sparkone'
    // What went wrong matters more than that it could not be recorded.
    await record('outcome', {outcome: 'failed', undone: unclean === null, reason}).catch(() => undefined)
    throw unclean === null ? error : uncleanError(error, unclean)
  }
}

/** Returns why undoing failed, or null. */
async function undo<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  plan: Plan,
  ports: Ports,
): Promise<string | null> {
  try {
    await change.undo?.(plan, ports)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

function uncleanError(cause: unknown, unclean: string): OperatorError {
  return new OperatorError(cause instanceof OperatorError ? cause.kind : 'failed', messageOf(cause), {
    details: [...(cause instanceof OperatorError ? cause.details : []), `Cleaning up failed too: ${unclean}`],
    hint: 'The next run of sparkone cleans up what is left.',
    cause,
  })
}

type Recorder = (phase: 'intent' | 'outcome', detail: Record<string, unknown>) => Promise<void>

async function recorder(command: string, run: string, ports: Ports): Promise<Recorder> {
  const journal = await ports.journal()
  const {project, environment} = ports.settings
  return (phase, detail) =>
    journal.append({at: ports.clock.now().toISOString(), run, command, phase, project, environment, actor: ports.settings.actor, detail})
}
