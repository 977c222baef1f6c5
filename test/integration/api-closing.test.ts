import {once} from 'node:events'
import {createServer} from 'node:http'
import {connect, type AddressInfo} from 'node:net'
import {expect, it} from 'vitest'
import {prepareClosing} from '../../ops/api/closing.ts'

async function start() {
  const server = createServer((_request, response) => response.setHeader('connection', 'close').end('answered'))
  const close = prepareClosing(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  const come = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  return {server, close, come}
}

it('whoever has come in before the door is shut is answered, though he speaks after, and whoever comes then is refused', async () => {
  const {server, close, come} = await start()
  const early = await come()
  const closed = close()
  await expect.poll(() => server.listening).toBe(false)
  await expect(come()).rejects.toThrow('ECONNREFUSED')
  let text = ''
  early.on('data', (bytes: Buffer) => (text += bytes.toString()))
  early.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await closed
  await expect.poll(() => text).toContain('answered')
})

it('whoever never speaks holds nobody up for long', async () => {
  const {close, come} = await start()
  const silent = await come()
  silent.resume()
  const begin = performance.now()
  await Promise.all([close(), once(silent, 'close')])
  expect(performance.now() - begin).toBeLessThan(5_000)
})
