// Takes what Alertmanager sends, and prints each notification as a line of JSON.
import {createServer} from 'node:http'
import {text} from 'node:stream/consumers'

createServer(async (request, response) => {
  if (request.method === 'POST') process.stdout.write(`${JSON.stringify(JSON.parse(await text(request)))}\n`)
  response.end()
}).listen(9000, '0.0.0.0')
