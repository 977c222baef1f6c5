import {parseBytes} from '../../domain/quantity.ts'
import type {ServiceState} from '../../ports.ts'
import type {Container, ContainerStats} from './docker.ts'

const outputKept = 200

/** Returns the state of a service out of what docker tells of its container; `null` for what is not known. */
export function toServiceState(container: Container, stats: ContainerStats | undefined): ServiceState {
  const {State, HostConfig, Config} = container
  const health = toHealth(State.Health?.Status)
  const output = State.Health?.Log?.at(-1)?.Output.trim().slice(0, outputKept)
  const restartPolicy = HostConfig.RestartPolicy?.Name
  return {
    service: Config.Labels?.['com.docker.compose.service'] ?? container.Name,
    name: container.Name.replace(/^\//, ''),
    state: toState(State.Status),
    health,
    restarts: container.RestartCount,
    exitCode: State.Status === 'exited' || State.Status === 'dead' ? State.ExitCode : null,
    ...(health === 'unhealthy' && output ? {healthOutput: output} : {}),
    ...(restartPolicy ? {restartPolicy: restartPolicy as NonNullable<ServiceState['restartPolicy']>} : {}),
    cpuPercent: stats ? percent(stats.CPUPerc) : null,
    memoryBytes: stats ? parseBytes(stats.MemUsage.split('/')[0] ?? '') : null,
    memoryLimitBytes: HostConfig.Memory || null,
  }
}

function toState(status: string): ServiceState['state'] {
  const known = ['running', 'exited', 'paused', 'restarting', 'created', 'dead'] as const
  return known.find((state) => state === status) ?? 'missing'
}

function toHealth(status: string | undefined): ServiceState['health'] {
  const known = ['healthy', 'unhealthy', 'starting'] as const
  return known.find((health) => health === status) ?? 'none'
}

function percent(text: string): number | null {
  const value = Number(text.replace('%', ''))
  return Number.isFinite(value) ? value : null
}
