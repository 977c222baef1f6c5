import type {ReleaseImage} from '../../../domain/release.ts'
import {OperatorError} from '../../../errors.ts'
import type {Docker} from '../docker.ts'

/** The images of this machine. */
export class Images {
  readonly #docker: Docker
  readonly #signal: AbortSignal

  constructor(docker: Docker, signal: AbortSignal) {
    this.#docker = docker
    this.#signal = signal
  }

  /** Returns what a name or id stands for; null where there is no such image. */
  async idOf(name: string): Promise<string | null> {
    return (await this.#inspect(name, '{{.Id}}'))?.trim() ?? null
  }

  /** Returns how the registry knows an image; null for one that never came from there nor went there. */
  async digestOf(name: string): Promise<string | null> {
    const [digest] = JSON.parse((await this.#inspect(name, '{{json .RepoDigests}}')) || '[]') as string[]
    return digest ?? null
  }

  /** Fetches images. Throws `notFound` for one that the registry does not have, `denied`, `unreachable`. */
  async pull(names: readonly string[], policy: 'always' | 'missing'): Promise<void> {
    for (const name of new Set(names)) {
      if (policy === 'missing' && (await this.idOf(name)) !== null) continue
      await this.#docker.run(['pull', '--quiet', name], this.#signal).catch((error: unknown) => {
        throw this.#signal.aborted ? error : pullError(name, error)
      })
    }
  }

  /** Makes a name stand for the image that it stood for. Throws `notFound` when that is gone. */
  async name(image: ReleaseImage): Promise<void> {
    if ((await this.idOf(image.name)) === image.id) return
    await this.keep(image)
    await this.#docker.run(['image', 'tag', image.id, image.name])
  }

  /** Fetches an image by its digest where it is not here any more. Throws `notFound` when it is gone for good. */
  async keep({name, id, digest}: ReleaseImage): Promise<void> {
    if ((await this.idOf(id)) !== null) return
    // What the registry says against it comes to the same: it is not to be had.
    if (digest !== null) await this.#docker.run(['pull', '--quiet', digest], this.#signal).catch(() => this.#signal.throwIfAborted())
    if ((await this.idOf(id)) !== null) return
    throw new OperatorError('notFound', `The image of ${name} (${id.slice(0, 19)}) is gone from this machine.`, {
      hint: 'Deploy that version anew: sparkone deploy VERSION fetches or builds it.',
    })
  }

  async #inspect(name: string, format: string): Promise<string | null> {
    try {
      return await this.#docker.run(['image', 'inspect', '--format', format, name])
    } catch (error) {
      if (error instanceof OperatorError && /no such image/i.test(error.message)) return null
      throw error
    }
  }
}

function pullError(name: string, error: unknown): unknown {
  if (!(error instanceof OperatorError)) return error
  const details = [error.message]
  if (/manifest (?:unknown|for .* not found)|not found/i.test(error.message)) {
    return new OperatorError('notFound', `There is no image ${name}.`, {
      details,
      hint: 'Check the version, and that its image was pushed.',
      cause: error,
    })
  }
  if (/denied|unauthorized|authentication/i.test(error.message)) {
    return new OperatorError('denied', `The registry refuses to hand out ${name}.`, {
      details,
      hint: 'docker login; or the image is not there.',
      cause: error,
    })
  }
  return new OperatorError('unreachable', `${name} cannot be pulled.`, {
    details,
    hint: 'deploy.pull: missing uses images that are here.',
    cause: error,
  })
}
