import {hookVariables, type HookFacts, type HookName, type HookRules} from '../domain/hooks.ts'
import {abortError, OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {StartedProgram} from '../ports/drill.ts'

type Means = Pick<Ports, 'programs' | 'locks' | 'clock' | 'progress' | 'signal'>

const linesShown = 10

/**
 * Runs a program of the configuration, and tells it the facts in its environment and, as JSON, on its standard input; without one nothing happens. What it runs
 * of sparkone works within the lock of this run. Throws
 * `failed` when it fails, `timeout` when it takes too long, and what the signal says when it is cut short.
 */
export async function runHook(
  name: HookName,
  rules: HookRules,
  facts: HookFacts,
  {programs, locks, clock, progress, signal}: Means,
): Promise<void> {
  const argv = rules[name]
  if (argv === null) return
  const told = {hook: name, ...facts}
  const title = `hook ${name} (${argv[0]})`
  await progress.step(`Run the hook ${name}`, async () => {
    const variables = {...hookVariables(told), ...(await locks()).sharing()}
    await using program = (await programs()).start(argv, variables, `${JSON.stringify(told)}\n`)
    const limit = new AbortController()
    const late = clock.sleep(rules.limitMilliseconds, limit.signal).then(() => null)
    // Aborted as soon as the program has ended, and then nobody waits for it any more.
    late.catch(() => undefined)
    const ended = await Promise.race([program.ended, late, cutShort(name, title, signal, limit.signal)]).finally(() =>
      limit.abort(new OperatorError('failed', 'The hook has ended.')),
    )
    if (ended === null) throw new OperatorError('timeout', `The ${title} takes longer than ${rules.limitMilliseconds / 1000} s.`)
    assertGood(ended, title)
  })
}

/** Rejects on Ctrl-C, which ends a hook before or after the work. What failed and finally do is cleaning up, and runs to its end or limit. */
function cutShort(name: HookName, title: string, signal: AbortSignal, over: AbortSignal): Promise<never> {
  const {promise, reject} = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  if (name === 'failed' || name === 'finally') return promise
  const cut = () => {
    const {kind, message} = abortError(signal)
    reject(new OperatorError(kind, `The ${title} was cut short: ${message}`))
  }
  if (signal.aborted) cut()
  else signal.addEventListener('abort', cut, {once: true, signal: over})
  return promise
}

function assertGood({exitCode, output}: Awaited<StartedProgram['ended']>, title: string): void {
  if (exitCode === 0) return
  const details = output.trim().split('\n').slice(-linesShown).filter(Boolean)
  throw new OperatorError('failed', `The ${title} ended with ${exitCode ?? 'a signal'}.`, {details})
}
