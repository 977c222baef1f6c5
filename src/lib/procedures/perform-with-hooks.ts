import {perform, type Change, type Performed, type PerformOptions} from '../change.ts'
import type {HookFacts, HookName, HookRules} from '../domain/hooks.ts'
import {exitCodes, OperatorError, withDetails} from '../errors.ts'
import type {Ports} from '../ports.ts'
import {runHook} from './hooks.ts'

export interface Made {
  set: string
  location: string | null
  /** 0, or 1 where something went wrong that the backup outlived. */
  exitCode: number
}

export interface Surroundings<Result> {
  rules: HookRules
  kind: 'database' | 'files' | 'server'
  database: string | null
  describe: (result: Result) => Made
}

/**
 * Performs a change with the programs of the operator around it, all within its lock; on a dry run there are none. A `before` that fails ends it before anything
 * is read or made. `remarks` are what the hooks behind a good end said, which changes nothing of it. Throws what the change throws, with such remarks as details.
 */
export async function performWithHooks<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  input: Input,
  ports: Ports,
  options: PerformOptions,
  surroundings: Surroundings<Result>,
): Promise<Performed<Plan, Result> & {remarks: readonly string[]}> {
  const round = new HookRound(surroundings, ports)
  const watched: Change<Input, Facts, Plan, Result> = {...change, apply: async (plan, inner) => round.note(await change.apply(plan, inner))}
  const performed = await perform(watched, input, ports, {...options, around: (work) => round.around(work)})
  return {...performed, remarks: round.remarks}
}

/** Does a piece of work with the programs of the operator around it, within a lock that is held already. As `performWithHooks` is otherwise. */
export async function withHooks<Result>(
  work: () => Promise<Result>,
  surroundings: Surroundings<Result>,
  ports: Ports,
): Promise<{result: Result; remarks: readonly string[]}> {
  const round = new HookRound(surroundings, ports)
  const result = await round.around(async () => round.note(await work()))
  return {result, remarks: round.remarks}
}

class HookRound<Result> {
  readonly remarks: string[] = []
  #made: Made | null = null
  readonly #surroundings: Surroundings<Result>
  readonly #ports: Ports

  constructor(surroundings: Surroundings<Result>, ports: Ports) {
    this.#surroundings = surroundings
    this.#ports = ports
  }

  note(result: Result): Result {
    this.#made = this.#surroundings.describe(result)
    return result
  }

  async around<Done>(work: () => Promise<Done>): Promise<Done> {
    let done: Done
    try {
      await this.#run('before', {outcome: null, exitCode: null, error: null})
      this.#ports.signal.throwIfAborted()
      done = await work()
    } catch (error) {
      throw await this.#concludeFailure(error)
    }
    await this.#conclude(null)
    return done
  }

  /** Returns the error to end with. */
  async #concludeFailure(error: unknown): Promise<unknown> {
    const failure = failureOf(error, this.#ports.signal)
    // That a backup was made could not be recorded: it is there all the same.
    if (this.#made) await this.#conclude(failure.message)
    else {
      const facts = {outcome: 'failed', exitCode: failure.exitCode, error: failure.message}
      await this.#try('failed', facts)
      await this.#try('finally', facts)
    }
    return error instanceof OperatorError ? withDetails(error, this.remarks) : error
  }

  async #conclude(error: string | null): Promise<void> {
    await this.#try('after', this.#goodEnd(error))
    await this.#try('finally', this.#goodEnd(error))
  }

  #goodEnd(error: string | null): HookFacts {
    const isGood = error === null && this.remarks.length === 0 && this.#made?.exitCode === 0
    return {outcome: isGood ? 'done' : 'warning', exitCode: isGood ? 0 : exitCodes.warning, error}
  }

  async #try(name: HookName, facts: HookFacts): Promise<void> {
    try {
      await this.#run(name, facts)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      this.remarks.push([error.message, ...error.details].join(' '))
    }
  }

  #run(name: HookName, facts: HookFacts): Promise<void> {
    const {rules, kind, database} = this.#surroundings
    const {project, environment} = this.#ports.settings
    const {set = null, location = null} = this.#made ?? {}
    return runHook(name, rules, {project, environment, kind, database, set, location, ...facts}, this.#ports)
  }
}

/** As the base command words it: Ctrl-C is the reason for whatever else broke on the way out. */
function failureOf(error: unknown, signal: AbortSignal): {exitCode: number; message: string} {
  if (error instanceof OperatorError) return error
  if (signal.reason instanceof OperatorError) return signal.reason
  return {exitCode: exitCodes.bug, message: 'a bug in sparkone'}
}
