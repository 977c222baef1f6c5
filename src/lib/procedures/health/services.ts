import type {Finding, Measurement, Status} from '../../domain/finding.ts'
import {type HealthInput, limitsOf, type Observed, statusOf} from '../../domain/health.ts'
import {count, formatBytes, formatPercent} from '../../domain/quantity.ts'
import type {Ports, Runtime, ServiceState} from '../../ports.ts'
import {showLogs, startService} from './hints.ts'
import {observe} from './observe.ts'

/** The part of a finding that depends on what a container is doing. */
type Verdict = Pick<Finding, 'status' | 'message' | 'hint'>

/** Characters of a health check's last output that are worth a place on the screen. */
const outputLimit = 120

/** Share of the time that what the containers use may take: their states are known sooner, and must not be lost for it. */
const useShare = 0.8

/** Asks the runtime for the state of its containers, and what they use where there is time for that. */
export function gatherServices({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<ServiceState[]>> {
  const until = ports.clock.elapsed() + timeoutMilliseconds * useShare
  return observe(ports, timeoutMilliseconds, async (signal) => {
    const runtime = await ports.runtime()
    return runtime.services(signal, Math.max(0, until - ports.clock.elapsed()))
  })
}

/** Returns one finding per container; a runtime without containers has none. */
export function judgeServices(observed: Observed<ServiceState[]>, kind: Runtime['kind'], input: HealthInput): Finding[] {
  const subject = 'containers'
  if (!observed.seen) {
    return [{subject, status: 'unknown', message: `not known: ${observed.message}`, hint: observed.hint ?? 'docker compose ps --all'}]
  }
  if (observed.value.length === 0 && kind === 'compose') {
    return [{subject, status: 'critical', message: 'the Compose project has no container at all', hint: 'docker compose up -d'}]
  }
  const several = Map.groupBy(observed.value, ({service}) => service)
  return observed.value.map((state) => judgeService(state, several.get(state.service)!.length > 1, input))
}

function judgeService(state: ServiceState, replicated: boolean, input: HealthInput): Finding {
  const subject = `container ${replicated ? state.name : state.service}`
  const verdict = state.state === 'running' ? judgeRunning(state, input) : judgeStopped(state, input)
  return {subject, ...verdict, measurements: measure(state, input)}
}

function judgeStopped(state: ServiceState, input: HealthInput): Verdict {
  const {service, restarts} = state
  switch (state.state) {
    case 'missing':
      return {status: 'critical', message: 'there is no container', hint: startService(service)}
    case 'paused':
      return {status: 'critical', message: 'paused', hint: `docker compose unpause ${service}`}
    case 'restarting': {
      const message = `restarts again and again (${count(restarts, 'time')}, last exit code ${state.exitCode ?? 'unknown'})`
      return {status: 'critical', message, hint: showLogs(service)}
    }
    case 'exited':
      return judgeExited(state, input)
    default:
      return {status: 'critical', message: state.state === 'created' ? 'created but never started' : 'dead', hint: startService(service)}
  }
}

/** Ending well is right only for a container that was never meant to stay: nothing checks it, restarts it or names it as a service. */
function judgeExited({service, exitCode, health, restartPolicy}: ServiceState, {services}: HealthInput): Verdict {
  const meantToEnd = health === 'none' && restartPolicy === 'no' && !Object.values(services).includes(service)
  if (exitCode === 0 && meantToEnd) return {status: 'ok', message: 'ran once and ended with code 0'}
  const message = `exited with code ${exitCode ?? 'unknown'}`
  return {status: 'critical', message, hint: exitCode === 0 ? startService(service) : showLogs(service)}
}

function judgeRunning(state: ServiceState, input: HealthInput): Verdict {
  const {service} = state
  const alive = judgeAlive(state)
  const percent = memoryPercent(state)
  const use = percent === null ? 'ok' : statusOf(percent, input.thresholds.memory)
  const message = [alive.message, ...usage(state)].join(', ')
  if (alive.status === 'critical' || (alive.status !== 'ok' && use !== 'critical')) return {...alive, message}
  return use === 'ok' ? {status: 'ok', message} : {status: use, message: `memory runs out: ${message}`, hint: showLogs(service)}
}

function judgeAlive({health, healthOutput, service}: ServiceState): {status: Status; message: string; hint?: string} {
  const said = healthOutput?.trim().replaceAll(/\s+/g, ' ').slice(0, outputLimit)
  switch (health) {
    case 'healthy':
      return {status: 'ok', message: 'running, healthy'}
    case 'starting':
      return {status: 'warning', message: 'running, its health check has not passed yet', hint: `docker compose ps ${service}`}
    case 'unhealthy':
      return {status: 'critical', message: `unhealthy${said ? `: ${said}` : ''}`, hint: showLogs(service)}
    case 'none':
      return {
        status: 'warning',
        message: 'running, no evidence of health: no health check is defined',
        hint: `docker compose up -d ${service}   (after adding a healthcheck to ${service} in the Compose file)`,
      }
  }
}

function usage(state: ServiceState): string[] {
  const {cpuPercent, memoryBytes, memoryLimitBytes, restarts} = state
  const percent = memoryPercent(state)
  return [
    ...(restarts > 0 ? [`restarted ${count(restarts, 'time')}`] : []),
    ...(cpuPercent === null && memoryBytes === null ? ['CPU and memory not measured'] : []),
    ...(cpuPercent === null ? [] : [`CPU ${formatPercent(cpuPercent)}`]),
    ...(memoryBytes === null
      ? []
      : [
          `memory ${formatBytes(memoryBytes)}${percent === null ? '' : ` of ${formatBytes(memoryLimitBytes!)} (${formatPercent(percent)})`}`,
        ]),
  ]
}

function memoryPercent({memoryBytes, memoryLimitBytes}: ServiceState): number | null {
  return memoryBytes === null || !memoryLimitBytes ? null : (memoryBytes / memoryLimitBytes) * 100
}

function measure(state: ServiceState, {thresholds}: HealthInput): Measurement[] {
  const percent = memoryPercent(state)
  return [
    {label: 'restarts', value: state.restarts, unit: 'c', minimum: 0},
    ...(state.cpuPercent === null ? [] : [{label: 'cpu', value: state.cpuPercent, unit: '%', minimum: 0} as const]),
    ...(state.memoryBytes === null ? [] : [{label: 'memory', value: state.memoryBytes, unit: 'B', minimum: 0} as const]),
    ...(percent === null ? [] : [{label: 'memory used', value: percent, unit: '%', ...limitsOf(thresholds.memory)} as const]),
  ]
}
