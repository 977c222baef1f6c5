import {type CertificateTarget, parseTarget} from '../domain/certificate-target.ts'
import type {Config} from './schema.ts'

export interface CertificateFlags {
  /** Places that the operator has typed; empty: those of the configuration. */
  hosts: readonly string[]
  timeoutMilliseconds: number | null
  withHeaders: boolean
}

/** Returns what `cert-check` looks at. Throws `usage` for a place that is none. */
export function certificatesInputOf(config: Config, {hosts, timeoutMilliseconds, withHeaders}: CertificateFlags) {
  const {certificates} = config
  const ca = certificates.ca ?? null
  const named = hosts.length > 0 ? hosts : certificates.hosts
  return {
    targets: named.length > 0 ? named.map((host) => parseTarget(host, ca)) : knownTargets(config, ca),
    isNamed: hosts.length > 0,
    ca,
    connect: certificates.connect ?? null,
    addresses: certificates.addresses,
    store: certificates.acme ?? null,
    routes: certificates.traefik,
    proxy: certificates.proxy ?? null,
    withHeaders,
    renewBefore: certificates.renewBefore ?? null,
    timeoutMilliseconds: timeoutMilliseconds ?? certificates.timeout,
  }
}

/** Where the stack itself is reached by TLS. */
function knownTargets({api, database, redis}: Config, ca: string | null): CertificateTarget[] {
  return [
    ...(api.url?.startsWith('https:') ? [parseTarget(api.url, ca)] : []),
    ...databaseTargets(database, ca),
    // Behind Sentinels the URL does not say where Redis is.
    ...(redis?.url?.reveal().startsWith('rediss:') && redis.sentinels.length === 0
      ? [parseTarget(redis.url.reveal(), redis.ca ?? ca)]
      : []),
  ]
}

/** Only these say that there is TLS for certain; the others take what the server offers. */
const certain = ['require', 'verify-ca', 'verify-full']

function databaseTargets(database: Config['database'], ca: string | null): CertificateTarget[] {
  const [, list = '', query = ''] = /^[a-z]+:\/\/(?:[^@/?]*@)?([^/?]*)[^?]*(?:\?(.*))?$/i.exec(database.url?.reveal() ?? '') ?? []
  const parameters = new URLSearchParams(query)
  if (!certain.includes(parameters.get('sslmode') ?? '')) return []
  const own = parameters.get('sslrootcert') ?? ca
  return databasePlaces(list, database).map((place) => parseTarget(`postgresql://${place}`, own === 'system' ? null : own))
}

/** Of replicated servers there may be several; a socket of this machine speaks no TLS. */
function databasePlaces(list: string, {host, port = 5432}: Config['database']): string[] {
  if (host === undefined || list.includes(',')) return list.split(',').filter((place) => place !== '' && !/\/|%2F/i.test(place))
  if (host.includes('/')) return []
  return [`${host.includes(':') ? `[${host}]` : host}:${port}`]
}
