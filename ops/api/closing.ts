import type {IncomingMessage, Server} from 'node:http'
import type {Socket} from 'node:net'
import {setImmediate as turn} from 'node:timers/promises'

const limitMilliseconds = 1_000

/**
 * Returns what closes the server so that nobody who has just come is turned away: it resolves when everybody has been answered.
 * A proxy asks another replica when a connection is refused, but not when one breaks: then the request may have been carried out.
 */
export function prepareClosing(server: Server): () => Promise<void> {
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('request', ({socket}: IncomingMessage) => silent.delete(socket))
  return async () => {
    await untilCaughtUp()
    const closed = new Promise((resolve) => server.close(resolve))
    // Who has come in and said nothing for so long is no caller, and would hold everybody up.
    const showOut = setTimeout(() => silent.forEach((socket) => socket.destroy()), limitMilliseconds)
    await closed
    clearTimeout(showOut)
  }
}

// A turn of the event loop begins by accepting all who wait; when it was short, hardly anybody can have come since.
async function untilCaughtUp(): Promise<void> {
  const limit = performance.now() + limitMilliseconds
  for (let begin = performance.now(); begin < limit; begin = performance.now()) {
    await turn()
    if (performance.now() - begin < 1) return
  }
}
