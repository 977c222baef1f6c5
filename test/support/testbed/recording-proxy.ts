import {createServer, createConnection, type Socket} from 'node:net'

export interface RecordingProxy {
  /** For `DOCKER_HOST`. */
  host: string
  /** Method and path of every request so far, in the order in which they came: `DELETE /containers/…`. */
  requests(): string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** Stands before the socket of an engine, hands everything through, and notes what is asked. */
export async function startRecordingProxy(engine: string, socket: string): Promise<RecordingProxy> {
  const heard: {text: string}[] = []
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const record = {text: ''}
    heard.push(record)
    const upstream = createConnection(engine)
    for (const each of [client, upstream]) {
      open.add(each)
      // Whoever breaks off ends the other side as well, which is all there is to do.
      each.on('error', () => each.destroy())
      each.on('close', () => open.delete(each))
    }
    client.on('data', (chunk) => (record.text += chunk.toString('latin1')))
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => void server.listen(socket, resolve))
  return {
    host: `unix://${socket}`,
    requests: () =>
      heard.flatMap(({text}) =>
        [...text.matchAll(/^([A-Z]+) (\S+) HTTP\/1\.[01]\r$/gm)].map(([, method, path]) => `${method} ${decodeURIComponent(path ?? '')}`),
      ),
    async [Symbol.asyncDispose]() {
      for (const socketOfOne of open) socketOfOne.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}
