import {type CertificateExpectation, judgeLife, type Certificate} from './certificate.ts'
import {covers} from './certificate-names.ts'
import {assumedDuration, isOverstated} from './certificate-renewal.ts'
import type {Finding} from './finding.ts'
import {formatDuration} from './quantity.ts'

/** One certificate that the proxy has got and keeps. */
export interface StoredCertificate {
  resolver: string
  /** The names that it was asked for. */
  names: readonly string[]
  /** Null when what is stored is no certificate. */
  certificate: Certificate | null
}

/** Traefik's `acme.json`, without the keys in it. */
export interface CertificateStore {
  path: string
  /** Permission bits, such as 0o600. */
  mode: number
  resolvers: readonly string[]
  certificates: readonly StoredCertificate[]
}

/** What the configuration of the proxy says of names and certificates. */
export interface ProxyRoutes {
  /** Names that some router answers to. */
  hosts: readonly string[]
  /** Regular expressions of names, as they are written. */
  patterns: readonly string[]
  /** Files, and what is in them that could not be understood; names that stand there are not known. */
  unread: readonly string[]
  /** Milliseconds, by the resolver, where it is written; resolvers that are there without it are null. */
  durations: Readonly<Record<string, number | null>>
}

/**
 * Returns what is to be said of the store itself: who can read it, and what is in it that nobody needs or that is late. What is late and served
 * is told of where it is served; `served` are the fingerprints.
 */
export function judgeStore(
  store: CertificateStore,
  routes: ProxyRoutes | null,
  {now, renewBefore, served}: Pick<CertificateExpectation, 'now' | 'renewBefore'> & {served: ReadonlySet<string>},
): Finding[] {
  return [
    judgeMode(store),
    ...store.resolvers.flatMap((resolver) => judgeDuration(resolver, store, routes)),
    ...store.certificates.flatMap((stored) =>
      judgeStored(stored, {now, renewBefore, served, duration: durationOf(stored.resolver, routes)}),
    ),
    ...(routes === null ? [] : judgeOrphans(store, routes)),
  ]
}

/** Returns what is to be said of a served certificate in view of what is stored: the proxy goes on with an old one until it is started again. */
export function judgeCopy(store: CertificateStore, {label, host}: {label: string; host: string}, served: Certificate): Finding[] {
  const stored = newestFor(store, host)
  const subject = `${label} stored`
  if (stored === null || stored.fingerprint === served.fingerprint) return []
  const isKnown = store.certificates.some(({certificate}) => certificate?.fingerprint === served.fingerprint)
  const restart = 'docker compose restart traefik'
  if (isKnown || served.notAfter < stored.notAfter) {
    const until = stored.notAfter.toISOString().slice(0, 10)
    return [
      {
        subject,
        status: 'warning',
        message: `an older certificate is served than the one stored, which is good until ${until}`,
        hint: restart,
      },
    ]
  }
  const message = `is not the certificate that ${store.path} has for ${host}`
  return [
    {subject, status: 'warning', message, hint: 'see whether another proxy answers there, or whether certificates.acme is the right file'},
  ]
}

/** Returns how long the certificates last that the proxy gets, as it is told; null when it is not known which resolver got this one. */
export function durationFor(store: CertificateStore | null, routes: ProxyRoutes | null, fingerprint: string): number | null {
  const stored = store?.certificates.find(({certificate}) => certificate?.fingerprint === fingerprint)
  return stored === undefined ? null : durationOf(stored.resolver, routes)
}

/** Returns the names in the store that can be asked for; of a wildcard those that a router answers to. */
export function storedHosts(store: CertificateStore, routes: ProxyRoutes | null): string[] {
  const names = store.certificates.flatMap((stored) => stored.names)
  const [wild, plain] = [names.filter(isWild), names.filter((name) => !isWild(name))]
  const routed = routes?.hosts.filter((host) => !isWild(host) && covers({dnsNames: wild, addresses: []}, host)) ?? []
  return [...new Set([...plain, ...routed])]
}

function isWild(name: string): boolean {
  return name.startsWith('*.')
}

function newestFor({certificates}: CertificateStore, host: string): Certificate | null {
  const fitting = certificates.map(({certificate}) => certificate).filter((one) => one !== null && covers(one, host))
  return fitting.toSorted((a, b) => b!.notAfter.getTime() - a!.notAfter.getTime())[0] ?? null
}

function durationOf(resolver: string, routes: ProxyRoutes | null): number | null {
  if (routes === null || !(resolver in routes.durations)) return null
  return routes.durations[resolver] ?? assumedDuration
}

const subject = 'acme.json'

function judgeMode({path, mode}: CertificateStore): Finding {
  const shown = mode.toString(8)
  if (mode === 0o600) return {subject, status: 'ok', message: `${path} is for its owner alone`}
  const message = `${path} has the mode ${shown} instead of 600, so Traefik does not use it, and keys in it may be read by others`
  return {subject, status: 'critical', message, hint: `chmod 600 ${path}`}
}

function judgeDuration(resolver: string, {certificates}: CertificateStore, routes: ProxyRoutes | null): Finding[] {
  const duration = durationOf(resolver, routes)
  const lifetimes = certificates
    .filter((one) => one.resolver === resolver)
    .flatMap(({certificate}) => (certificate ? [lifetimeOf(certificate)] : []))
  const shortest = Math.min(...lifetimes)
  if (duration === null || lifetimes.length === 0 || !isOverstated(duration, shortest)) return []
  const hours = Math.floor(shortest / 3_600_000)
  const message = `certificatesDuration of ${resolver} is ${formatDuration(duration)}, but its certificates live ${formatDuration(shortest)}, so they are renewed too often`
  return [{subject: `acme.json ${resolver}`, status: 'warning', message, hint: `set certificatesDuration: ${hours} (hours)`}]
}

function lifetimeOf({notBefore, notAfter}: Certificate): number {
  return notAfter.getTime() - notBefore.getTime()
}

/** What is in order needs no line of its own, as it is served too. */
function judgeStored(
  {names, resolver, certificate}: StoredCertificate,
  {served, ...expectation}: Omit<CertificateExpectation, 'label' | 'host' | 'lenient'> & {served: ReadonlySet<string>},
): Finding[] {
  const label = `acme.json ${names[0] ?? resolver}`
  if (certificate === null) {
    return [{subject: label, status: 'critical', message: 'what is stored is no certificate', hint: 'docker compose logs traefik'}]
  }
  const finding = judgeLife(certificate, {...expectation, label})
  const missing = names.filter((name) => !covers(certificate, name))
  const incomplete: Finding[] =
    missing.length === 0 ? [] : [{subject: label, status: 'warning', message: `the stored certificate is not for ${missing.join(', ')}`}]
  return finding.status === 'ok' || served.has(certificate.fingerprint) ? incomplete : [finding, ...incomplete]
}

function judgeOrphans({certificates}: CertificateStore, {hosts, patterns, unread}: ProxyRoutes): Finding[] {
  if (unread.length > 0) {
    const message = `whether a router is there for each certificate is not known: ${unread[0]}`
    return [{subject: 'acme.json routers', status: 'unknown', message}]
  }
  const names = [...new Set(certificates.flatMap((stored) => stored.names))]
  const orphans = names.filter((name) => !isRouted(name, hosts, patterns))
  return orphans.map((name) => {
    const message = 'has a certificate, but no router answers to it; its renewal is tried for ever'
    const hint = 'add the router again, or stop Traefik and take the certificate out of acme.json'
    return {subject: `acme.json ${name}`, status: 'warning', message, hint}
  })
}

function isRouted(name: string, hosts: readonly string[], patterns: readonly string[]): boolean {
  if (hosts.includes(name)) return true
  // A certificate for all names of a zone is there for whichever of them has a router.
  if (isWild(name)) return hosts.some((host) => covers({dnsNames: [name], addresses: []}, host)) || patterns.length > 0
  return patterns.some((pattern) => fits(pattern, name))
}

function fits(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, 'i').test(name)
  } catch {
    // Written for Go, which knows words that are not known here; then it is not called an orphan.
    return true
  }
}
