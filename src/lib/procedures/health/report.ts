import {type HealthInput, type HealthReport, healthReport} from '../../domain/health.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {health} from '../health.ts'

/** Looks once and returns the report. Throws only when the run is interrupted. */
export async function reportHealth(input: HealthInput, ports: Ports): Promise<HealthReport> {
  const started = ports.clock.elapsed()
  const facts = await health.gather(input, ports)
  const {project, environment} = ports.settings
  const run = {project, environment, at: facts.now.toISOString(), milliseconds: Math.round(ports.clock.elapsed() - started)}
  return healthReport(health.judge(facts, input), run)
}

/** Looks again and again, `intervalMilliseconds` apart, until Ctrl-C, and returns the milliseconds that passed. Throws on any other end. */
export async function watchHealth(
  input: HealthInput,
  ports: Ports,
  intervalMilliseconds: number,
  show: (report: HealthReport) => void,
): Promise<number> {
  const started = ports.clock.elapsed()
  try {
    for (;;) {
      show(await reportHealth(input, ports))
      await ports.clock.sleep(intervalMilliseconds, ports.signal)
    }
  } catch (error) {
    // Ctrl-C is how a watch ends, not how it fails.
    if (error instanceof OperatorError && error.kind === 'interrupted') return ports.clock.elapsed() - started
    throw error
  }
}
