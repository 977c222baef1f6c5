import {randomBytes} from 'node:crypto'
import {quoteIdentifier, quoteLiteral} from '../../domain/identifier.ts'
import type {DatabaseServer} from '../../ports.ts'

/** Made anew in each throw-away server, so that no password of the original opens it for what is tried on it. */
const visitor = 'sparkone_visitor'

/** Lets programs into a throw-away server, with a password that holds here only, and returns the address of one of its databases. */
export async function admitVisitor(server: DatabaseServer, {host, port}: {host: string; port: number}, database: string): Promise<string> {
  const password = randomBytes(24).toString('hex')
  const role = quoteIdentifier(visitor)
  await server.execute('postgres', `DROP ROLE IF EXISTS ${role};\nCREATE ROLE ${role} LOGIN SUPERUSER PASSWORD ${quoteLiteral(password)}`)
  return `postgres://${visitor}:${password}@${host}:${port}/${encodeURIComponent(database)}`
}
