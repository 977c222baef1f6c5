import {Agent, request} from 'node:http'
import {Duplex} from 'node:stream'
import {abortError, OperatorError} from '../../errors.ts'
import {explainDocker} from '../compose/docker.ts'
import {ProgramFailure, type RunningProgram} from '../process/executor.ts'
import {LocalExecutor} from '../process/local.ts'

export interface EngineReply {
  status: number
  /** Undefined where the engine sent none. */
  body: unknown
}

/** Speaks with the Docker Engine in its own HTTP API, through the docker client, which knows where the engine is: socket, context or SSH. */
export class EngineConnection {
  readonly #agent = new ClientAgent({keepAlive: true, maxSockets: 1})
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Returns the answer, whatever its status. Throws `unreachable` or `denied` when there is none. */
  async ask(method: 'GET' | 'DELETE' | 'POST', path: string): Promise<EngineReply> {
    if (this.#signal.aborted) throw abortError(this.#signal)
    try {
      return await this.#send(method, path)
    } catch (error) {
      if (this.#signal.aborted) throw abortError(this.#signal)
      throw await this.#agent.explain(error)
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    await this.#agent.ended()
  }

  #send(method: string, path: string): Promise<EngineReply> {
    return new Promise((resolve, reject) => {
      const sent = request({agent: this.#agent, method, path, host: 'docker', signal: this.#signal}, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString('utf8').trim())})
        })
      })
      sent.on('error', reject)
      sent.end()
    })
  }
}

/** What stands between the engine and its client may answer in other forms. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return {message: text}
  }
}

/** Each connection is a docker client that hands bytes through. */
class ClientAgent extends Agent {
  readonly #executor = new LocalExecutor()
  readonly #programs: RunningProgram[] = []

  override createConnection(): Duplex {
    const program = this.#executor.start(['docker', 'system', 'dial-stdio'], {interactive: true})
    this.#programs.push(program)
    return connectionOver(program)
  }

  /** A client that could not connect says why when it ends, and the request only that it was cut off. */
  async explain(error: unknown): Promise<unknown> {
    const program = this.#programs.at(-1)
    if (!program) return error
    await program.stop()
    const failure = await program.done.then(
      () => null,
      (reason: unknown) => reason,
    )
    if (failure instanceof ProgramFailure && /no such file or directory|failed to open the raw stream/i.test(failure.stderr)) {
      return new OperatorError('unreachable', 'The Docker Engine does not answer.', {
        hint: 'systemctl status docker; DOCKER_HOST names another.',
        cause: failure,
      })
    }
    return failure === null ? new OperatorError('unreachable', 'The Docker Engine broke off.', {cause: error}) : explainDocker(failure)
  }

  async ended(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()))
  }
}

function connectionOver(program: RunningProgram): Duplex {
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      program.write(chunk.toString('latin1'))
      done()
    },
    destroy: (error, done) => void program.stop().then(() => done(error), done),
  })
  // What an agent asks of a socket that it keeps for the next request.
  const nothing = () => duplex
  Object.assign(duplex, {setKeepAlive: nothing, setNoDelay: nothing, setTimeout: nothing, ref: nothing, unref: nothing})
  void receive(program, duplex)
  return duplex
}

async function receive(program: RunningProgram, duplex: Duplex): Promise<void> {
  try {
    for await (const chunk of program.stdout) duplex.push(chunk)
    duplex.push(null)
  } catch (error) {
    duplex.destroy(error as Error)
  }
}
