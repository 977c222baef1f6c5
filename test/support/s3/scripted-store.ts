import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {answerTo, failure, operationOf, type Operation, type StoreAnswer, type StoreRequest} from './answers.ts'
import {BucketMemory} from './bucket-memory.ts'

/** What happens to one request instead of, or after, what a store that works would do. */
export type Fault =
  | {kind: 'error'; status: number; code: string; headers?: Record<string, string>}
  /** Success by its status, failure by its body. */
  | {kind: 'errorInside'; code: string}
  /** Done, and then the connection breaks before the answer is there. */
  | {kind: 'answerLost'}
  /** The connection breaks when this part of the body has come, and nothing was done. */
  | {kind: 'cutRequest'}
  /** The answer's body breaks off after so many bytes. */
  | {kind: 'cutAnswer'; bytes: number}
  | {kind: 'headers'; headers: Record<string, string>}
  | {kind: 'body'; body: string}
  | {kind: 'hang'}
  | {kind: 'wait'; milliseconds: number}

interface Rule {
  operation: Operation
  key: string
  fault: Fault
  times: number
}

/** A store in this process whose requests can be made to go wrong, one by one. */
export class ScriptedStore implements AsyncDisposable {
  readonly memory = new BucketMemory()
  /** Every request in order: operation, name, bytes of the body, and the part where it is one. */
  readonly requests: {operation: Operation; key: string; bytes: number; part: number | null; headers: Record<string, string>}[] = []
  readonly endpoint: string
  /** Requests that are being worked on. */
  busy = 0
  /** Operations that the keys at hand do not allow. */
  denied = new Set<Operation>()
  readonly #server
  readonly #rules: Rule[] = []

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      this.busy += 1
      void this.#handle(request, response).finally(() => (this.busy -= 1))
    })
  }

  static async start(): Promise<ScriptedStore> {
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return new ScriptedStore(server)
  }

  /** Makes the next `times` requests of a kind go wrong; `key` is how the name ends. */
  fail(operation: Operation, fault: Fault, {key = '', times = 1}: {key?: string; times?: number} = {}): this {
    this.#rules.push({operation, key, fault, times})
    return this
  }

  /** Lets everything go well from here on. */
  heal(): void {
    this.#rules.length = 0
    this.denied.clear()
  }

  count(operation: Operation, key = ''): number {
    return this.requests.filter((request) => request.operation === operation && request.key.endsWith(key)).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, this.endpoint)
    const key = decodeURIComponent(url.pathname).split('/').slice(2).join('/')
    const operation = operationOf(incoming.method!, key, url.searchParams)
    const fault = this.#faultFor(operation, key)
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) {
        chunks.push(chunk as Buffer)
        if (fault?.kind === 'cutRequest') return void incoming.socket.destroy()
      }
    } catch {
      // The client went away; there is nobody to answer.
      return
    }
    const body = Buffer.concat(chunks)
    const headers = incoming.headers as Record<string, string>
    const part = url.searchParams.get('partNumber')
    this.requests.push({operation, key, bytes: body.length, part: part === null ? null : Number(part), headers})
    await this.#answer({operation, key, query: url.searchParams, headers, body}, fault, response)
  }

  async #answer(request: StoreRequest, fault: Fault | null, response: ServerResponse): Promise<void> {
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'wait') await new Promise((resolve) => setTimeout(resolve, fault.milliseconds))
    const refusal = this.denied.has(request.operation) ? failure(403, 'AccessDenied') : refusalOf(fault)
    if (refusal) send(refusal, response, request)
    else this.#obey(request, fault, response)
  }

  /** Does what it was asked to; only what is told of it may differ. */
  #obey(request: StoreRequest, fault: Fault | null, response: ServerResponse): void {
    const answer = answerTo(request, this.memory)
    if (fault?.kind === 'answerLost') return void response.socket?.destroy()
    if (fault?.kind === 'cutAnswer') return cut(answer, fault.bytes, response)
    send(fault ? altered(answer, fault) : answer, response, request)
  }

  #faultFor(operation: Operation, key: string): Fault | null {
    const rule = this.#rules.find((each) => each.times > 0 && each.operation === operation && key.endsWith(each.key))
    if (!rule) return null
    rule.times -= 1
    return rule.fault
  }
}

/** What is answered instead of doing anything. */
function refusalOf(fault: Fault | null): StoreAnswer | null {
  if (fault?.kind === 'error') return {...failure(fault.status, fault.code), headers: fault.headers ?? {}}
  return fault?.kind === 'errorInside' ? {...failure(200, fault.code), status: 200} : null
}

function altered(answer: StoreAnswer, fault: Fault): StoreAnswer {
  if (fault.kind === 'body') return {...answer, body: fault.body}
  return fault.kind === 'headers' ? {...answer, headers: {...answer.headers, ...fault.headers}} : answer
}

function send({status, headers = {}, body = ''}: StoreAnswer, response: ServerResponse, {operation}: StoreRequest): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const isHead = operation === 'head'
  response.writeHead(status, {...(!isHead && {'content-length': String(bytes.length)}), 'content-type': 'application/xml', ...headers})
  response.end(isHead ? undefined : bytes)
}

function cut({status, headers = {}, body = ''}: StoreAnswer, after: number, response: ServerResponse): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, {...headers, 'content-length': String(bytes.length)})
  response.write(bytes.subarray(0, after), () => response.socket?.destroy())
}
