import {execa} from 'execa'
import type {ContainerLogging} from '../../domain/log-bounds.ts'
import {OperatorError} from '../../errors.ts'
import type {DockerPaths, LogEntry, LogReading, ServiceLogs} from '../../ports/logs.ts'
import {explainDocker, type Container, type Docker} from '../compose/docker.ts'
import {ProgramFailure} from '../process/executor.ts'
import {linesOf} from './lines.ts'
import {mergeByTime, onceEach, together, type Following} from './merge.ts'

const projectLabel = 'com.docker.compose.project'
const serviceLabel = 'com.docker.compose.service'

/** How often it is looked whether a service that is followed has new containers. */
const lookMilliseconds = 1000

export interface ContainerLogsOptions extends Following {
  docker: Docker
  project: string
}

/** What the containers of a Compose project log, through `docker logs`. */
export class ContainerLogs implements ServiceLogs {
  readonly #options: ContainerLogsOptions

  constructor(options: ContainerLogsOptions) {
    this.#options = options
  }

  async services(): Promise<string[]> {
    return onceEach((await this.#containers()).map(serviceOf))
  }

  async *read(service: string, reading: LogReading): AsyncGenerator<LogEntry> {
    if (reading.follow) return yield* this.#follow(service, reading)
    const containers = await this.#containers(service)
    yield* mergeByTime(containers.map(({Id}) => this.#readContainer(service, Id, reading)))
  }

  async containers(): Promise<ContainerLogging[]> {
    return (await this.#containers()).map((container) => ({
      service: serviceOf(container),
      container: container.Name.replace(/^\//, ''),
      driver: container.HostConfig.LogConfig?.Type ?? 'json-file',
      options: container.HostConfig.LogConfig?.Config ?? {},
    }))
  }

  async docker(): Promise<DockerPaths> {
    const {docker, signal} = this.#options
    const folder = (await docker.run(['info', '--format', '{{.DockerRootDir}}'], signal)).trim()
    const files = (await docker.containers({}, signal)).flatMap(({LogPath}) => (LogPath ? [LogPath] : []))
    return {folders: folder === '' ? [] : [folder], files}
  }

  async signal(service: string, name: string): Promise<void> {
    const {docker, project, signal} = this.#options
    const running = (await this.#containers(service)).filter(({State}) => State.Status === 'running')
    if (running.length === 0) throw new OperatorError('notFound', `Compose project ${project} has no running container of ${service}.`)
    await docker.run(['kill', '--signal', name, ...running.map(({Id}) => Id)], signal)
  }

  /** A container that is made anew while its service is followed is followed from its beginning. */
  async *#follow(service: string, reading: LogReading): AsyncGenerator<LogEntry> {
    const {signal, sleep} = this.#options
    const seen = new Set<string>()
    let next = reading
    while (!signal.aborted) {
      const fresh = (await this.#containers(service)).filter(({Id, State}) => !seen.has(Id) && State.Status === 'running')
      for (const {Id} of fresh) seen.add(Id)
      if (fresh.length > 0) yield* together(fresh.map(({Id}) => this.#readContainer(service, Id, next)))
      // One that was stopped and comes back has the same id, and goes on where it was.
      for (const {Id} of fresh) seen.delete(Id)
      next = {...reading, lines: null, since: new Date()}
      await sleep(lookMilliseconds, signal)
    }
  }

  async #containers(service?: string): Promise<Container[]> {
    const {docker, project, signal} = this.#options
    const labels = {[projectLabel]: project, ...(service === undefined ? {} : {[serviceLabel]: service})}
    const containers = await docker.containers(labels, signal)
    return containers.filter(({Config}) => Config.Labels?.['com.docker.compose.oneoff']?.toLowerCase() !== 'true')
  }

  async *#readContainer(service: string, id: string, {lines, since, follow}: LogReading): AsyncGenerator<LogEntry> {
    const {signal} = this.#options
    const limits = [...(lines === null ? [] : ['--tail', String(lines)]), ...(since === null ? [] : ['--since', since.toISOString()])]
    const argv = ['logs', '--timestamps', ...limits, ...(follow ? ['--follow'] : []), id]
    const subprocess = execa('docker', argv, {stdin: 'ignore', buffer: false, encoding: 'buffer', reject: false, detached: true})
    // The client holds nothing that it would have to put in order.
    const kill = () => void subprocess.kill('SIGKILL')
    signal.addEventListener('abort', kill, {once: true})
    const trouble: string[] = []
    const entries = [subprocess.stdout, subprocess.stderr].map((stream) => entriesOf(service, stream as AsyncIterable<Uint8Array>, trouble))
    try {
      // Not by time: docker writes to both, and would wait for ever for the one that is not read while the other is waited for.
      yield* together(entries)
      const result = await subprocess
      if (result.failed && !signal.aborted) {
        const stderr = trouble.join('\n')
        throw explainDocker(new ProgramFailure('docker', {...result, missing: result.code === 'ENOENT', stderr}))
      }
    } finally {
      signal.removeEventListener('abort', kill)
      kill()
    }
  }
}

/** What docker itself has to say comes between the lines of the container, without a time. */
async function* entriesOf(service: string, chunks: AsyncIterable<Uint8Array>, trouble: string[]): AsyncGenerator<LogEntry> {
  for await (const line of linesOf(chunks)) {
    const [, stamp, text] = /^(\d{4}-\d{2}-\d{2}T\S+) ?(.*)$/s.exec(line) ?? []
    if (stamp === undefined) trouble.push(line)
    else yield {service, at: Date.parse(stamp), text: text!}
    // Only its end tells why docker failed.
    if (trouble.length > 20) trouble.shift()
  }
}

function serviceOf({Config, Name}: Container): string {
  return Config.Labels?.[serviceLabel] ?? Name.replace(/^\//, '')
}
