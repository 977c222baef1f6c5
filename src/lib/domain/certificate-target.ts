import {OperatorError} from '../errors.ts'
import {canonicalAddress, canonicalName} from './certificate-names.ts'

const protocols = {https: 443, postgresql: 5432, rediss: 6379} as const

export type TlsProtocol = keyof typeof protocols

/** One place that serves a certificate. */
export interface CertificateTarget {
  protocol: TlsProtocol
  /** Name or address, without brackets. */
  host: string
  port: number
  /** File with the certificates that vouch for it, besides the public ones; null without one. */
  ca: string | null
}

const schemes: Record<string, TlsProtocol> = {https: 'https', postgresql: 'postgresql', postgres: 'postgresql', rediss: 'rediss'}

/** Returns the place that `host`, `host:port` or a URL names. User and password in it are left out. Throws `usage`, without repeating a password. */
export function parseTarget(text: string, ca: string | null = null): CertificateTarget {
  const [, scheme = 'https', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(text.trim()) ?? []
  const protocol = schemes[scheme.toLowerCase()]
  if (protocol === undefined) throw wrong(`${scheme}:// serves no certificate.`)
  const authority = rest.replace(/[/?#].*$/, '').replace(/^.*@/, '')
  const {host, port} = partsOf(authority, protocols[protocol])
  if (!isHost(host) || port < 1 || port > 65_535) throw wrong(`${authority === '' ? 'Nothing' : authority} is no host.`)
  return {protocol, host, port, ca}
}

function partsOf(authority: string, usual: number): {host: string | null; port: number} {
  const [, bracketed, name = '', digits] = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(authority) ?? []
  const host = bracketed === undefined ? canonicalName(name) : canonicalAddress(bracketed)
  return {host, port: digits === undefined ? usual : Number(digits)}
}

function isHost(host: string | null): host is string {
  return host !== null && host !== '' && !host.includes('*')
}

/** Returns whether a text names a place. */
export function isTarget(text: string): boolean {
  try {
    return parseTarget(text) !== null
  } catch {
    // Whoever asks has words of its own for it.
    return false
  }
}

/** Returns how a place is called: `shop.example`, with what differs from HTTPS on its usual port. */
export function targetLabel({protocol, host, port}: Pick<CertificateTarget, 'protocol' | 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host
  const address = port === protocols[protocol] ? name : `${name}:${port}`
  return protocol === 'https' ? address : `${protocol}://${address}`
}

/** Returns the places, each once; what an earlier one knows of its authority stays. */
export function distinctTargets(targets: readonly CertificateTarget[]): CertificateTarget[] {
  const byLabel = new Map<string, CertificateTarget>()
  for (const target of targets) if (!byLabel.has(targetLabel(target))) byLabel.set(targetLabel(target), target)
  return [...byLabel.values()]
}

function wrong(message: string): OperatorError {
  return new OperatorError('usage', message, {
    hint: 'Write shop.example, shop.example:8443, https://shop.example, postgresql://db.example or rediss://cache.example.',
  })
}
