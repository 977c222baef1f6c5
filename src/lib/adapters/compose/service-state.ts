import {parseBytes} from '../../domain/quantity.ts'
import type {ServiceState} from '../../ports.ts'
import type {Container, ContainerStats} from './docker.ts'

const outputKept = 200

/** Returns the state of a service out of what docker tells of its container; `null` for what is not known. */
export function toServiceState(container: Container, stats: ContainerStats | undefined): ServiceState {
  const {State, HostConfig, Config, RestartCount} = container
  const name = container.Name.replace(/^\//, '')
  const ended = State.Status === 'exited' || State.Status === 'dead'
  return {
    service: Config.Labels?.['com.docker.compose.service'] ?? name,
    name,
    state: toState(State.Status),
    ...toHealth(State.Health),
    restarts: RestartCount,
    exitCode: ended ? State.ExitCode : null,
    ...toRestartPolicy(HostConfig.RestartPolicy?.Name),
    ...toUse(stats),
    memoryLimitBytes: HostConfig.Memory || null,
  }
}

function toUse(stats: ContainerStats | undefined): Pick<ServiceState, 'cpuPercent' | 'memoryBytes'> {
  if (!stats) return {cpuPercent: null, memoryBytes: null}
  return {cpuPercent: percent(stats.CPUPerc), memoryBytes: parseBytes(stats.MemUsage.split('/')[0] ?? '')}
}

function toRestartPolicy(name: string | undefined): Pick<ServiceState, 'restartPolicy'> {
  const restartPolicy = (['no', 'on-failure', 'always', 'unless-stopped'] as const).find((policy) => policy === name)
  return restartPolicy ? {restartPolicy} : {}
}

function toState(status: string): ServiceState['state'] {
  const known = ['running', 'exited', 'paused', 'restarting', 'created', 'dead'] as const
  return known.find((state) => state === status) ?? 'missing'
}

function toHealth(health: Container['State']['Health']): Pick<ServiceState, 'health' | 'healthOutput'> {
  const known = (['healthy', 'unhealthy', 'starting'] as const).find((status) => status === health?.Status) ?? 'none'
  const output = health?.Log?.at(-1)?.Output.trim().slice(0, outputKept)
  return known === 'unhealthy' && output ? {health: known, healthOutput: output} : {health: known}
}

function percent(text: string): number | null {
  const value = Number(text.replace('%', ''))
  return Number.isFinite(value) ? value : null
}
