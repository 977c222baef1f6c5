import {createServer, type IncomingMessage, type RequestListener, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterEach, expect, test} from 'vitest'
import {createHttp} from '../../src/lib/adapters/http.ts'
import {OperatorError} from '../../src/lib/errors.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server!.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const options = {timeoutMilliseconds: 2000}

test('an answer comes with status, headers, body and time', async () => {
  const host = await listen((_, response) => response.writeHead(503, {'x-reason': 'database'}).end('no'))
  const reply = await createHttp().get(`http://${host}/health`, options)
  expect(reply).toMatchObject({status: 503, body: 'no', headers: {'x-reason': 'database'}})
  expect(reply.milliseconds).toBeGreaterThan(0)
})

test('what is posted arrives as it is', async () => {
  const seen: string[] = []
  const host = await listen((request, response) => {
    seen.push(`${request.method} ${request.headers['content-type']}`)
    request.on('data', (chunk) => seen.push(String(chunk))).on('end', () => response.writeHead(202).end())
  })
  const reply = await createHttp().post(`http://${host}/hook`, '{"a": 1}', {...options, headers: {'content-type': 'application/json'}})
  expect([reply.status, ...seen]).toEqual([202, 'POST application/json', '{"a": 1}'])
})

test('redirects are reported, not followed', async () => {
  let requests = 0
  const host = await listen((_, response) => {
    requests += 1
    response.writeHead(302, {location: '/elsewhere'}).end()
  })
  expect(await createHttp().get(`http://${host}/`, options)).toMatchObject({status: 302})
  expect(requests).toBe(1)
})

test('nothing listening is unreachable', async () => {
  const host = await listen(() => {})
  await new Promise((resolve) => server!.close(resolve))
  await expect(createHttp().get(`http://${host}/`, options)).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'Connection refused, nothing listens there.',
  })
})

test('a server that never answers, or stops in the middle, ends with the time limit', async () => {
  const host = await listen((request, response) => {
    if (request.url === '/half') response.writeHead(200).write('half')
  })
  for (const path of ['/never', '/half']) {
    await expect(createHttp().get(`http://${host}${path}`, {timeoutMilliseconds: 50})).rejects.toMatchObject({kind: 'timeout'})
  }
})

test('an interrupted request ends at once with the reason of the interruption', async () => {
  const abort = new AbortController()
  const host = await listen(() => abort.abort(new OperatorError('interrupted', 'Interrupted.')))
  await expect(createHttp().get(`http://${host}/`, {...options, signal: abort.signal})).rejects.toMatchObject({kind: 'interrupted'})
})

test('a body of more than 1 MiB is refused', async () => {
  const host = await listen((_, response) => response.end(Buffer.alloc(1024 * 1024 + 1)))
  await expect(createHttp().get(`http://${host}/`, options)).rejects.toMatchObject({kind: 'failed'})
})

test('credentials of the URL are sent as a header and never shown', async () => {
  let seen: IncomingMessage | undefined
  const host = await listen((request, response) => {
    seen = request
    response.end()
  })
  await createHttp().get(`http://user:p%40ss@${host}/`, options)
  expect(seen!.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`)
  await new Promise((resolve) => server!.close(resolve))
  const failure: Error = (await createHttp()
    .get(`http://user:p%40ss@${host}/`, options)
    .catch((error: Error) => error)) as Error
  expect(failure.message).not.toMatch(/p@ss|p%40ss/)
})
