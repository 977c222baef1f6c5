import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'

export interface Notification {
  receiver: string
  status: string
  alerts: {status: string; labels: Record<string, string>; annotations: Record<string, string>}[]
}

/** An HTTP server that keeps what Alertmanager sends it. */
export interface WebhookSink extends AsyncDisposable {
  url: string
  received: Notification[]
}

/** Starts the server on a free port of the loopback interface. */
export async function startWebhookSink(): Promise<WebhookSink> {
  const received: Notification[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(JSON.parse(body) as Notification)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, [Symbol.asyncDispose]: stop}
}
