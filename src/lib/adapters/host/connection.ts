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
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  host: 'PGHOST',
  port: 'PGPORT',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  options: 'PGOPTIONS',
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
  const {hosts, ports, rest} = partHosts(text)
  const url = new URL(rest)
  const decode = (part: string) => (part === '' ? undefined : decodeURIComponent(part))
  const environment = defined({
    PGHOST: decode(hosts),
    PGPORT: decode(ports),
    PGUSER: decode(url.username),
    PGPASSWORD: decode(url.password),
    ...Object.fromEntries([...url.searchParams].flatMap(([name, value]) => (parameters[name] ? [[parameters[name], value]] : []))),
  })
  return {environment, database: decode(url.pathname.slice(1))}
}

/** Takes the hosts out of a URL: of replicated servers there may be several, `one:5432,two:5432`, which no other kind of URL knows. */
function partHosts(text: string): {hosts: string; ports: string; rest: string} {
  const [, before = '', list = '', after = ''] = /^([a-z]+:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/i.exec(text) ?? []
  const servers = list.split(',').map((server) => /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(server) ?? [])
  const ports = servers.map(([, , port = '']) => port)
  return {
    hosts: servers.map(([, host = '']) => host.replace(/^\[(.*)\]$/, '$1')).join(','),
    // One port counts for all hosts, and none at all is the usual one.
    ports: ports.every((port) => port === '') ? '' : ports.join(','),
    rest: `${before}host${after}`,
  }
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
