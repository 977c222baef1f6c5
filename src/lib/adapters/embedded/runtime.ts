import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {OperatorError} from '../../errors.ts'
import type {Runtime, ServiceState} from '../../ports.ts'
import {connectionOf} from '../host/connection.ts'
import {findPrograms} from '../host/programs.ts'
import {HostRuntime, type HostOptions} from '../host/runtime.ts'

/** One process of an embedded stack, as `stack.json` lists it. */
const processSchema = z.object({service: z.string(), pid: z.number(), log: z.string()})
const stackSchema = z.object({processes: z.array(processSchema)})
export type EmbeddedProcess = z.infer<typeof processSchema>

/** A stack that sparkone itself started on this machine: PostgreSQL, the API and, where it can be had, Redis. */
export class EmbeddedRuntime extends HostRuntime {
  override readonly kind: Runtime['kind'] = 'embedded'
  override readonly description: string
  readonly #folder: string

  private constructor(...[options, connection, programs]: ConstructorParameters<typeof HostRuntime>) {
    super(options, connection, programs)
    this.#folder = options.config.embedded.folder ?? ''
    this.description = `the embedded stack in ${this.#folder}`
  }

  static override async open(options: HostOptions): Promise<EmbeddedRuntime> {
    const {database, embedded} = options.config
    if (embedded.folder === undefined) {
      throw new OperatorError('usage', 'The embedded runtime needs embedded.folder.', {
        hint: 'sparkone demo --keep makes such a stack and its sparkone.yml.',
      })
    }
    return new EmbeddedRuntime(options, connectionOf(database), await findPrograms(database.programs))
  }

  override async services(): Promise<ServiceState[]> {
    return (await this.#processes()).map(({service, pid}) => toState(service, pid))
  }

  override async logs(service: string, lines = 100): Promise<string[]> {
    const found = (await this.#processes()).find((candidate) => candidate.service === service)
    if (!found) throw new OperatorError('notFound', `The embedded stack has no service ${service}.`)
    const text = await readFile(found.log, 'utf8').catch(() => '')
    return text.split('\n').filter(Boolean).slice(-lines)
  }

  async #processes(): Promise<EmbeddedProcess[]> {
    const text = await readFile(join(this.#folder, 'stack.json'), 'utf8').catch(() => {
      throw new OperatorError('unreachable', `There is no embedded stack in ${this.#folder}.`, {hint: 'sparkone demo --keep starts one.'})
    })
    return stackSchema.parse(JSON.parse(text)).processes
  }
}

/** A process has no health check of its own; whether it does its work, the probes of API and database tell. */
function toState(service: string, pid: number): ServiceState {
  const running = isRunning(pid)
  const state = running ? 'running' : 'exited'
  return {
    service,
    name: `process ${pid}`,
    state,
    health: 'none',
    restarts: 0,
    exitCode: null,
    cpuPercent: null,
    memoryBytes: null,
    memoryLimitBytes: null,
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as {code?: string}).code === 'EPERM'
  }
}
