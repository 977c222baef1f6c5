import {once} from 'node:events'
import {createServer as createHttps} from 'node:https'
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net'
import {createServer as createTls, TLSSocket} from 'node:tls'
import type {Issued} from './authority.ts'

export interface RunningServer extends AsyncDisposable {
  port: number
}

// Old keys and signatures, too: what is served here is what a check is to find.
const anything = {ciphers: 'DEFAULT:@SECLEVEL=0', minVersion: 'TLSv1'} as const

/** Serves a chain by TLS, as Redis and others do. */
export function serveTls({certificate, key}: Issued, more: {maxVersion?: 'TLSv1.1'} = {}): Promise<RunningServer> {
  return listening(createTls({cert: certificate, key, ...anything, ...more}))
}

/** Serves a chain and a page with the given headers by HTTPS. */
export function serveHttps({certificate, key}: Issued, headers: Record<string, string>): Promise<RunningServer> {
  return listening(
    createHttps({cert: certificate, key, ...anything}, (_request, response) => response.writeHead(404, headers).end('not here')),
  )
}

/** Answers the request for TLS of PostgreSQL with one letter, and with TLS after `S`. */
export function servePostgres({certificate, key}: Issued, letter: 'S' | 'N' | 'E'): Promise<RunningServer> {
  return listening(
    createServer((socket) => {
      socket.once('data', (data) => {
        if (data.toString('hex') !== '0000000804d2162f') return socket.destroy()
        socket.write(letter)
        if (letter !== 'S') return
        const secure = new TLSSocket(socket, {isServer: true, cert: certificate, key})
        secure.on('error', () => socket.destroy())
      })
    }),
  )
}

/** Accepts connections and does with them as told; without anything it never says a word. */
export function serveRaw(behave: (socket: Socket) => void = () => {}): Promise<RunningServer> {
  return listening(createServer(behave))
}

async function listening(server: Server): Promise<RunningServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // Clients of these servers leave without a word.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
