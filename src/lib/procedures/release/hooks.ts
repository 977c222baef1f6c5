import type {ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'

export type HookName = 'before' | 'after' | 'failed' | 'finally'

/** Runs a program of the configuration; without one nothing happens. Throws `failed` when it fails, `timeout` when it takes too long. */
export async function runHook(
  name: HookName,
  {hooks}: Pick<ReleaseRules, 'hooks'>,
  environment: Readonly<Record<string, string>>,
  {programs, clock, progress}: Pick<Ports, 'programs' | 'clock' | 'progress'>,
): Promise<void> {
  const argv = hooks[name]
  if (argv === null) return
  await progress.step(`Run the hook ${name}`, async () => {
    await using program = (await programs()).start(argv, environment)
    const limit = new AbortController()
    const late = clock.sleep(hooks.limitMilliseconds, limit.signal).then(() => null)
    // Aborted as soon as the program has ended, and then nobody waits for it any more.
    late.catch(() => undefined)
    const ended = await Promise.race([program.ended, late])
    limit.abort(new OperatorError('failed', 'The hook has ended.'))
    if (ended === null)
      throw new OperatorError('timeout', `The hook ${name} (${argv[0]}) takes longer than ${hooks.limitMilliseconds / 1000} s.`)
    if (ended.exitCode === 0) return
    const details = ended.output.trim().split('\n').slice(-10).filter(Boolean)
    throw new OperatorError('failed', `The hook ${name} (${argv[0]}) ended with ${ended.exitCode ?? 'a signal'}.`, {details})
  })
}
