import {hostname} from 'node:os'
import type {DockerContents} from '../../domain/docker-contents.ts'
import type {PruneItem} from '../../domain/prune-plan.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {DockerDisk, Refusal} from '../../ports/docker.ts'
import {EngineConnection, type EngineReply} from './connection.ts'
import {messageOf, namesOfImage, readContents, readFolder} from './contents.ts'

const conflict = 409

/** What the Docker Engine keeps, asked and removed by ID through its own API. There is no request for volumes here. */
export class EngineDisk implements DockerDisk {
  readonly #engine: EngineConnection
  readonly #clock: Clock

  constructor(signal: AbortSignal, clock: Clock) {
    this.#engine = new EngineConnection(signal)
    this.#clock = clock
  }

  folder(): Promise<string | null> {
    return readFolder(this.#engine, hostname())
  }

  async contents(): Promise<DockerContents> {
    return readContents(this.#engine, this.#clock, await this.folder())
  }

  async remove({kind, id, state}: Pick<PruneItem, 'kind' | 'id' | 'state'>): Promise<Refusal | null> {
    if (kind === 'container') return outcomeOf(await this.#engine.ask('DELETE', `/containers/${id}`))
    if (kind === 'network') return outcomeOf(await this.#engine.ask('DELETE', `/networks/${id}`))
    if (kind === 'image') return this.#removeImage(id, state)
    if (kind === 'build cache') return this.#removeCache(id)
    throw new OperatorError('bug', `Docker was asked to remove a ${kind}.`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close()
  }

  /** `noprune`: otherwise what it was built upon goes with it, which no plan has named. */
  async #removeImage(id: string, state: string): Promise<Refusal | null> {
    const names = await namesOfImage(this.#engine, id)
    if (names === null) return null
    if (names.toSorted().join(' ') !== state) return {why: 'used', message: 'its names have changed since the plan was made'}
    const reply = await this.#engine.ask('DELETE', `/images/${id}?noprune=1`)
    if (reply.status !== conflict || !/referenced in multiple repositories/.test(messageOf(reply))) return outcomeOf(reply)
    const users = await this.#engine.ask('GET', `/containers/json?all=1&filters=${filterOf('ancestor', id)}`)
    if (!Array.isArray(users.body) || users.body.length > 0) return {why: 'used', message: 'a container is made of it now'}
    return outcomeOf(await this.#engine.ask('DELETE', `/images/${id}?noprune=1&force=1`))
  }

  async #removeCache(id: string): Promise<Refusal | null> {
    const reply = await this.#engine.ask('POST', `/build/prune?all=1&filters=${filterOf('id', id)}`)
    if (reply.status !== 200) return {why: 'failed', message: messageOf(reply)}
    const {CachesDeleted} = (reply.body ?? {}) as {CachesDeleted?: string[] | null}
    return CachesDeleted?.includes(id) ? null : {why: 'used', message: 'a build uses it now, or it is gone already'}
  }
}

function filterOf(name: string, value: string): string {
  return encodeURIComponent(JSON.stringify({[name]: [value]}))
}

/** Docker refuses with 409 (networks: 403) what something uses; what is gone is as it should be. */
function outcomeOf(reply: EngineReply): Refusal | null {
  if (reply.status < 300 || reply.status === 404) return null
  const message = messageOf(reply)
  const isUsed = reply.status === conflict || /active endpoints/.test(message)
  return {why: isUsed ? 'used' : 'failed', message}
}
