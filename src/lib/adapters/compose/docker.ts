import {z} from 'zod'
import {OperatorError} from '../../errors.ts'
import {ProgramFailure} from '../process/executor.ts'
import type {LocalExecutor} from '../process/local.ts'

const healthSchema = z.object({Status: z.string(), Log: z.array(z.object({Output: z.string()})).nullish()})

const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Created: z.string(),
  RestartCount: z.number(),
  LogPath: z.string().nullish(),
  State: z.object({Status: z.string(), ExitCode: z.number(), Health: healthSchema.nullish()}),
  Config: z.object({
    Image: z.string(),
    User: z.string().nullish(),
    Env: z.array(z.string()).nullish(),
    Healthcheck: z.object({Test: z.array(z.string()).nullish()}).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.object({
    Memory: z.number().nullish(),
    ShmSize: z.number().nullish(),
    RestartPolicy: z.object({Name: z.string()}).nullish(),
    LogConfig: z.object({Type: z.string(), Config: z.record(z.string(), z.string()).nullish()}).nullish(),
  }),
})

/** What `docker inspect` tells of a container, as far as it is used here. */
export type Container = z.infer<typeof containerSchema>

const statsSchema = z.object({ID: z.string(), CPUPerc: z.string(), MemUsage: z.string()})
export type ContainerStats = z.infer<typeof statsSchema>

/** The docker client as far as it is used here. Every method throws `unreachable` or `denied` when the engine cannot be asked. */
export class Docker {
  readonly executor: LocalExecutor

  constructor(executor: LocalExecutor) {
    this.executor = executor
  }

  /** Returns the containers that carry all the labels, running or not. */
  async containers(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Container[]> {
    const filters = Object.entries(labels).flatMap(([name, value]) => ['--filter', `label=${name}=${value}`])
    const ids = (await this.run(['ps', '--all', '--quiet', '--no-trunc', ...filters], signal)).split('\n').filter(Boolean)
    if (ids.length === 0) return []
    const text = await this.run(['inspect', '--type', 'container', ...ids], signal)
    return containerSchema.array().parse(JSON.parse(text))
  }

  /** Returns what the running ones among the containers use at this moment. */
  async stats(ids: readonly string[], signal?: AbortSignal): Promise<ContainerStats[]> {
    if (ids.length === 0) return []
    const text = await this.run(['stats', '--no-stream', '--no-trunc', '--format', '{{json .}}', ...ids], signal)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => statsSchema.parse(JSON.parse(line)))
  }

  /** Returns the last lines that a container wrote to either stream, oldest first. */
  async logs(id: string, lines: number): Promise<string[]> {
    const {stdout, stderr} = await this.executor.capture(['docker', 'logs', '--timestamps', '--tail', String(lines), id])
    const split = (text: string) => text.split('\n').filter(Boolean)
    // The time that docker puts first has a fixed width, so its text sorts as it does.
    const stamped = [...split(stdout), ...split(stderr)].toSorted((one, other) => timeOf(one).localeCompare(timeOf(other)))
    return stamped.slice(-lines).map((line) => line.slice(timeOf(line).length + 1))
  }

  async run(args: readonly string[], signal?: AbortSignal, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    try {
      return await this.executor.run(['docker', ...args], {signal, environment})
    } catch (error) {
      throw explainDocker(error)
    }
  }
}

function timeOf(line: string): string {
  return line.slice(0, line.indexOf(' '))
}

/** Returns an error worded for the operator for a docker client that failed; anything else is returned as it is. */
export function explainDocker(error: unknown): unknown {
  if (!(error instanceof ProgramFailure)) return error
  if (error.missing)
    return new OperatorError('unreachable', 'The docker client is not installed.', {hint: 'apt-get install docker.io', cause: error})
  const said = error.stderr.trim().split('\n').at(-1) ?? ''
  if (/permission denied/i.test(said)) {
    return new OperatorError('denied', 'Docker refuses this user.', {
      hint: 'Run as root, or: usermod --append --groups docker USER',
      cause: error,
    })
  }
  if (/Cannot connect to the Docker daemon|Is the docker daemon running|no such host|connection refused/i.test(error.stderr)) {
    return new OperatorError('unreachable', 'The Docker Engine does not answer.', {
      hint: 'systemctl status docker; DOCKER_HOST names another.',
      cause: error,
    })
  }
  if (/No such container|is not running/i.test(said))
    return new OperatorError('unreachable', `Docker: ${said}`, {hint: 'docker compose ps --all', cause: error})
  return new OperatorError('failed', `Docker: ${said || error.message}`, {cause: error})
}
