import type {AddressInfo} from 'node:net'
import {serve} from '@hono/node-server'
import {Hono} from 'hono'

// The peer of bench/api.ts: the same answer with nothing around it.
const app = new Hono()
app.get('/health/live', (context) => context.json({status: 'ok'}))
serve({fetch: app.fetch, hostname: '127.0.0.1', port: 0}, ({port}: AddressInfo) =>
  process.stdout.write(`{"port":${port},"message":"listening"}\n`),
)
