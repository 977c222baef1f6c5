import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {OperatorError} from '../../errors.ts'
import type {Runtime} from '../../ports.ts'
import {connectionOf} from '../host/connection.ts'
import {findPrograms} from '../host/programs.ts'
import {HostRuntime, type HostOptions} from '../host/runtime.ts'
import {stackSchema} from './stack-file.ts'

/** A stack that sparkone itself started on this machine: PostgreSQL, the API and, where it can be had, Redis. */
export class EmbeddedRuntime extends HostRuntime {
  override readonly kind: Runtime['kind'] = 'embedded'
  override readonly description: string
  readonly #folder: string

  private constructor(folder: string, ...[options, connection, programs]: ConstructorParameters<typeof HostRuntime>) {
    super(options, connection, programs)
    this.#folder = folder
    this.description = `the embedded stack in ${folder}`
  }

  static override async open(options: HostOptions): Promise<EmbeddedRuntime> {
    const {database, embedded} = options.config
    if (embedded.folder === undefined) {
      throw new OperatorError('usage', 'The embedded runtime needs embedded.folder.', {
        hint: 'sparkone demo --keep makes such a stack and its sparkone.yml.',
      })
    }
    return new EmbeddedRuntime(embedded.folder, options, connectionOf(database), await findPrograms(database.programs))
  }

  override async logs(service: string, lines = 100): Promise<string[]> {
    const text = await readFile(join(this.#folder, 'stack.json'), 'utf8').catch(() => {
      throw new OperatorError('unreachable', `There is no embedded stack in ${this.#folder}.`, {hint: 'sparkone demo --keep starts one.'})
    })
    const found = stackSchema.parse(JSON.parse(text)).processes.find((candidate) => candidate.service === service)
    if (!found) throw new OperatorError('notFound', `The embedded stack has no service ${service}.`)
    const log = await readFile(found.log, 'utf8').catch(() => '')
    return log.split('\n').filter(Boolean).slice(-lines)
  }
}
