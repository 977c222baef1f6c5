// Sends many requests at once over one HTTP/2 connection from an address of its own, and prints how each was answered.
// Runs inside the container of the proxy, where every address of 127.0.0.0/8 can be the caller's.
import {connect} from 'node:http2'
import {connect as connectByTls} from 'node:tls'

const {localAddress, count, method, path} = JSON.parse(process.argv[2])
const tls = {host: '127.0.0.1', port: 8443, localAddress, ALPNProtocols: ['h2'], rejectUnauthorized: false, servername: 'api.example.com'}
const session = connect('https://api.example.com', {createConnection: () => connectByTls(tls)})
const answers = await Promise.all(Array.from({length: count}, ask))
session.close()
process.stdout.write(JSON.stringify(answers))

function ask() {
  return new Promise((resolve, reject) => {
    const stream = session.request({':method': method, ':path': path, 'x-forwarded-for': '203.0.113.7'}, {endStream: true})
    let head = {}
    let body = ''
    stream.setEncoding('utf8')
    stream.on('response', (headers) => (head = {...headers}))
    stream.on('data', (chunk) => (body += chunk))
    stream.on('error', reject)
    stream.on('end', () => resolve({status: head[':status'], headers: head, body}))
  })
}
