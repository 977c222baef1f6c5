import type {Observed, Unseen} from '../../domain/health.ts'
import {abortError, OperatorError} from '../../errors.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'

/** Runs one probe within its own limit and returns what it saw, or why it saw nothing. Throws only when the whole run is interrupted. */
export async function observe<Value>(
  {clock, signal}: Pick<Ports, 'clock' | 'signal'>,
  limitMilliseconds: number,
  probe: (signal: AbortSignal) => Promise<Value>,
): Promise<Observed<Value>> {
  if (signal.aborted) throw abortError(signal)
  const done = new AbortController()
  const started = clock.elapsed()
  try {
    const work = probe(AbortSignal.any([signal, done.signal]))
    const outcome = await Promise.race([work.then(seen), expiry(clock, limitMilliseconds, done.signal), interruption(signal, done.signal)])
    return outcome.seen ? {...outcome, milliseconds: clock.elapsed() - started} : outcome
  } catch (error) {
    if (signal.aborted) throw abortError(signal)
    return unseen(error)
  } finally {
    // Ends the timer of a probe that answered, and the probe of a timer that ran out.
    done.abort(new OperatorError('timeout', `No answer within ${formatDuration(limitMilliseconds)}.`))
  }
}

function seen<Value>(value: Value): {seen: true; value: Value} {
  return {seen: true, value}
}

async function expiry(clock: Ports['clock'], milliseconds: number, done: AbortSignal): Promise<Unseen> {
  try {
    await clock.sleep(milliseconds, done)
  } catch {
    // The probe was faster: the race is decided and nobody reads this any more.
  }
  return {seen: false, reason: 'timeout', message: `no answer within ${formatDuration(milliseconds)}`}
}

function interruption(signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(abortError(signal)), {once: true, signal: done}))
}

function unseen(error: unknown): Unseen {
  const hint = error instanceof OperatorError && error.hint !== undefined ? {hint: error.hint} : {}
  return {seen: false, reason: reasonOf(error), message: clause(error), ...hint}
}

function reasonOf(error: unknown): Unseen['reason'] {
  if (!(error instanceof OperatorError)) return 'failed'
  const {kind} = error
  return kind === 'timeout' || kind === 'unreachable' || kind === 'denied' || kind === 'notFound' ? kind : 'failed'
}

/** A sentence without its full stop, on one line, so that it can follow the subject. */
function clause(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().replaceAll(/\s+/g, ' ').replace(/\.$/, '')
}
