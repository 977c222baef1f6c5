import type {ContainerLogging} from '../../domain/log-bounds.ts'
import type {DockerPaths, LogEntry, LogReading, ServiceLogs} from '../../ports/logs.ts'
import {Docker} from '../compose/docker.ts'
import {LocalExecutor} from '../process/local.ts'
import {ContainerLogs} from './containers.ts'
import {LoggedFiles, type LoggedFilesOptions} from './logged-files.ts'
import {mergeByTime, onceEach, together} from './merge.ts'

/** Returns what services log: the containers of a Compose project, where there is one, and files. */
export function openServiceLogs({project, ...options}: LoggedFilesOptions & {project: string | null}): ServiceLogs {
  const {signal, sleep} = options
  const containers = project === null ? [] : [new ContainerLogs({docker: new Docker(new LocalExecutor()), project, signal, sleep})]
  return new AllServiceLogs([...containers, new LoggedFiles(options)])
}

/** Services that log in containers and services that log into files, as one. */
class AllServiceLogs implements ServiceLogs {
  readonly #sources: readonly ServiceLogs[]

  constructor(sources: readonly ServiceLogs[]) {
    this.#sources = sources
  }

  async services(): Promise<string[]> {
    const all = await Promise.all(this.#sources.map((source) => source.services()))
    return onceEach(all.flat())
  }

  async *read(service: string, reading: LogReading): AsyncGenerator<LogEntry> {
    const owners = await this.#ownersOf(service)
    const streams = owners.map((source) => source.read(service, reading))
    yield* reading.follow ? together(streams) : mergeByTime(streams)
  }

  async containers(): Promise<ContainerLogging[]> {
    return (await Promise.all(this.#sources.map((source) => source.containers()))).flat()
  }

  async docker(): Promise<DockerPaths> {
    const all = await Promise.all(this.#sources.map((source) => source.docker()))
    return {folders: all.flatMap(({folders}) => folders), files: all.flatMap(({files}) => files)}
  }

  async signal(service: string, name: string): Promise<void> {
    for (const source of await this.#ownersOf(service)) await source.signal(service, name)
  }

  async #ownersOf(service: string): Promise<ServiceLogs[]> {
    const known = await Promise.all(this.#sources.map(async (source) => (await source.services()).includes(service)))
    return this.#sources.filter((_, index) => known[index])
  }
}
