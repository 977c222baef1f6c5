import type {Config} from '../../config/schema.ts'
import {OperatorError} from '../../errors.ts'

export interface Connection {
  /** PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE, …; goes into the environment of programs, never into argv. */
  environment: Record<string, string>
  database: string
}

const parameters: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  host: 'PGHOST',
  port: 'PGPORT',
  channel_binding: 'PGCHANNELBINDING',
}

/** Returns how to reach the database: the keys of the configuration over the parts of its URL. Throws `usage`. */
export function connectionOf(database: Config['database']): Connection {
  const url = database.url ? parse(database.url.reveal()) : {environment: {}, database: undefined}
  const {host, port, user, password} = database
  const given = {PGHOST: host, PGPORT: port === undefined ? undefined : String(port), PGUSER: user, PGPASSWORD: password?.reveal()}
  const environment = {PGCONNECT_TIMEOUT: '5', ...url.environment, ...defined(given)}
  const name = database.name ?? url.database ?? user
  if (name === undefined)
    throw new OperatorError('usage', 'Which database is meant is not known.', {hint: 'Set database.name or DATABASE_URL.'})
  return {environment, database: name}
}

function parse(text: string): {environment: Record<string, string>; database: string | undefined} {
  const url = new URL(text)
  const decode = (part: string) => (part === '' ? undefined : decodeURIComponent(part))
  const environment = defined({
    PGHOST: decode(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    PGPORT: decode(url.port),
    PGUSER: decode(url.username),
    PGPASSWORD: decode(url.password),
    ...Object.fromEntries([...url.searchParams].flatMap(([name, value]) => (parameters[name] ? [[parameters[name], value]] : []))),
  })
  return {environment, database: decode(url.pathname.slice(1))}
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
