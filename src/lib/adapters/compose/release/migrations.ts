import type {Config} from '../../../config/schema.ts'
import type {Migration} from '../../../domain/release.ts'
import {OperatorError} from '../../../errors.ts'
import type {Clock} from '../../../ports.ts'
import type {Docker} from '../docker.ts'
import type {ComposeFiles} from './compose-files.ts'

const usualService = 'migrate'
const lookMilliseconds = 500

export interface MigrationsOptions {
  config: Config
  files: ComposeFiles
  docker: Docker
  signal: AbortSignal
  clock: Clock
}

/** The Compose service that brings the schema up to date and ends. */
export class Migrations {
  readonly #options: MigrationsOptions

  constructor(options: MigrationsOptions) {
    this.#options = options
  }

  /** Returns the name of the service; null where there is none. */
  async service(): Promise<string | null> {
    const {config, files} = this.#options
    const {service} = config.deploy.migrations
    if (service !== undefined) return service
    return (await files.services()).includes(usualService) ? usualService : null
  }

  /** Returns what a version would migrate; null where nothing tells. Throws `failed` with its last lines. */
  async pending(version: string): Promise<Migration[] | null> {
    const {config, signal} = this.#options
    const words = config.deploy.migrations.pending
    const service = await this.service()
    if (service === null || words === undefined) return null
    const text = await this.#options.files.run(['run', '--rm', '--no-deps', '--no-TTY', service, ...words], {version, signal})
    return text.split('\n').flatMap((line) => {
      const [name = '', breaking] = line.trim().split(/\s+/)
      return name === ''
        ? []
        : [{name, breaking: breaking === 'breaking' ? true : breaking === undefined ? null : breaking !== 'compatible'}]
    })
  }

  /** Migrates; what a run that died has left running is waited for first. Throws `failed` with its last lines, `timeout`. */
  async run(): Promise<void> {
    const {config, files, signal} = this.#options
    const service = await this.service()
    if (service === null) return
    const {limit} = config.deploy.migrations
    await this.#awaitOthers(service, limit)
    const late = AbortSignal.timeout(limit)
    try {
      await files.run(['run', '--rm', '--no-deps', '--no-TTY', service], {signal: AbortSignal.any([signal, late])})
    } catch (error) {
      // Ending the client leaves the container running.
      await this.#end(service)
      if (late.aborted && !signal.aborted)
        throw new OperatorError('timeout', `The migrations take longer than ${limit / 1000} s.`, {hint: 'Raise deploy.migrations.limit.'})
      if (!(error instanceof OperatorError) || signal.aborted) throw error
      throw new OperatorError('failed', 'The migrations failed.', {details: error.details, cause: error})
    }
  }

  async #awaitOthers(service: string, limit: number): Promise<void> {
    const {clock, signal} = this.#options
    const deadline = clock.elapsed() + limit
    while ((await this.#running(service)).length > 0) {
      if (clock.elapsed() >= deadline)
        throw new OperatorError('timeout', `Another container of ${service} does not end.`, {hint: 'docker compose ps --all'})
      await clock.sleep(lookMilliseconds, signal)
    }
  }

  async #end(service: string): Promise<void> {
    const ids = await this.#running(service)
    if (ids.length > 0) await this.#options.docker.run(['rm', '--force', ...ids])
  }

  async #running(service: string): Promise<string[]> {
    const {config, docker} = this.#options
    const labels = {
      'com.docker.compose.project': config.compose.project ?? config.project,
      'com.docker.compose.service': service,
    }
    const containers = await docker.containers(labels)
    return containers
      .filter((container) => container.State.Status === 'running' && container.Config.Labels?.['com.docker.compose.oneoff'] === 'True')
      .map(({Id}) => Id)
  }
}
