import {createServer, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'

export interface Received {
  method: string
  /** Path and query. */
  url: string
  body: string
}

export type Script = number | 'hangs' | 'drops'

/** A server on the loopback interface that stands for whoever is told: it keeps what it is sent, and answers as scripted. */
export interface Receiver extends AsyncDisposable {
  url: string
  received: Received[]
  /** How the next requests are answered, in order; 200 when there is nothing more. */
  script: Script[]
  /** Requests whose path begins so, as `path?query`. */
  at(path: string): string[]
}

/** Starts one on a free port. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const script: Script[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({method: request.method ?? '', url: request.url ?? '', body})
      answer(response, script.shift() ?? 200)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  const at = (path: string) => received.map(({url}) => url).filter((url) => url.startsWith(path))
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, script, at, [Symbol.asyncDispose]: stop}
}

function answer(response: ServerResponse, how: Script): void {
  if (how === 'hangs') return
  if (how === 'drops') response.destroy()
  else response.writeHead(how).end('OK')
}
