import {BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll} from 'cockatiel'
import {PublicFailure} from './failure.ts'
import {log} from './log.ts'

export interface BreakerSettings {
  /** Failures in a row that open it. */
  failures: number
  /** Seconds until it lets one call through again. */
  resetSeconds: number
}

export interface BreakerState {
  integration: string
  state: 'closed' | 'half-open' | 'open'
  /** When it will be tried again; null unless open. */
  retryAt: string | null
}

export interface Breaker {
  /** Returns what `work` returns. Throws BreakerOpen at once while the integration is left alone. */
  run<T>(work: () => Promise<T>): Promise<T>
  state(): BreakerState
}

/** The integration failed so often that it is left alone for a while. */
export class BreakerOpen extends PublicFailure {}

const states: Record<CircuitState, BreakerState['state']> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
}

/** Returns a closed breaker around one integration. */
export function createBreaker(integration: string, {failures, resetSeconds}: BreakerSettings): Breaker {
  const policy = circuitBreaker(handleAll, {halfOpenAfter: resetSeconds * 1000, breaker: new ConsecutiveBreaker(failures)})
  let retryAt: string | null = null
  policy.onBreak(() => {
    retryAt = new Date(Date.now() + resetSeconds * 1000).toISOString()
    log('warn', 'a circuit breaker opened', {integration, retryAt})
  })
  policy.onReset(() => log('info', 'a circuit breaker closed', {integration}))
  return {
    async run(work) {
      try {
        return await policy.execute(work)
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new BreakerOpen(`left alone until ${retryAt ?? 'it is tried again'}`)
        throw error
      }
    },
    state: () => ({integration, state: states[policy.state], retryAt: policy.state === CircuitState.Open ? retryAt : null}),
  }
}
