// Stands in for the API behind a proxy: tells what reached it, in an answer with headers that a proxy must not let through.
import {createServer} from 'node:http'
import {hostname} from 'node:os'

const server = createServer(async (request, response) => {
  let bytes = 0
  for await (const chunk of request) bytes += chunk.length
  const {method, url, headers} = request
  const [, asked] = /^\/status\/(\d+)$/.exec(url) ?? []
  response.writeHead(url === '/nowhere' ? 404 : Number(asked ?? 200), {
    'content-type': 'application/json',
    'x-request-id': 'request-1',
    'x-powered-by': 'tiny',
    'x-frame-options': 'SAMEORIGIN',
    server: 'tiny/1.0',
  })
  response.end(
    JSON.stringify({replica: hostname(), method, url, bytes, headers, padding: ' '.repeat(url.startsWith('/large') ? 20_000 : 0)}),
  )
})
server.listen(8000)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
