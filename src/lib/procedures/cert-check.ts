import type {Check} from '../change.ts'
import {type CertificateExpectation, judgeCertificate, type ServedChain} from '../domain/certificate.ts'
import {judgeProxyLog} from '../domain/certificate-log.ts'
import {canonicalAddress} from '../domain/certificate-names.ts'
import {type CertificateStore, durationFor, judgeCopy, judgeStore, type ProxyRoutes, storedHosts} from '../domain/certificate-store.ts'
import {describeKey, describeSignature} from '../domain/certificate-strength.ts'
import {type CertificateTarget, distinctTargets, isTarget, parseTarget, targetLabel} from '../domain/certificate-target.ts'
import type {Finding} from '../domain/finding.ts'
import type {Observed} from '../domain/health.ts'
import {judgeHeaders} from '../domain/security-headers.ts'
import {OperatorError} from '../errors.ts'
import type {Certificates} from '../ports/certificates.ts'
import {observe} from './health/observe.ts'

export interface CertCheckInput {
  targets: readonly CertificateTarget[]
  /** The operator has named the targets, so only they are looked at, and not everything that is stored. */
  isNamed: boolean
  /** Of those that come from the store. */
  ca: string | null
  /** Address to connect to, whatever the names lead to. */
  connect: string | null
  /** Addresses that names must lead to; empty: any. */
  addresses: readonly string[]
  store: string | null
  routes: readonly string[]
  /** Service whose log is read. */
  proxy: string | null
  withHeaders: boolean
  renewBefore: number | null
  timeoutMilliseconds: number
}

export interface SiteFacts {
  target: CertificateTarget
  served: Observed<ServedChain>
  /** Null where there is nothing to look up, as for an address. */
  addresses: Observed<string[]> | null
  headers: Observed<Record<string, string>> | null
}

export interface CertificateFacts {
  now: Date
  sites: readonly SiteFacts[]
  store: Observed<CertificateStore> | null
  routes: Observed<ProxyRoutes> | null
  log: Observed<string[]> | null
}

/** Enough for a stack with many names, and few enough not to look like an attack. */
const atOnce = 16

/** About a day of what a proxy says of itself, with some thousands of visits among it. */
const logLines = 5000

/** Looks at the certificates that are served, at what the proxy keeps, and at where the names lead. */
export const certCheck: Check<CertCheckInput, CertificateFacts> = {
  name: 'cert-check',

  /** Throws `usage` when there is nothing to look at. */
  async gather(input, ports) {
    const certificates = await ports.certificates()
    const look = <Value>(probe: (signal: AbortSignal) => Promise<Value>) => observe(ports, input.timeoutMilliseconds, probe)
    const {proxy} = input
    const [store, routes, log] = await Promise.all([
      input.store === null ? null : look(() => certificates.store(input.store!)),
      input.routes.length === 0 ? null : look(() => certificates.routes(input.routes)),
      proxy === null || input.isNamed ? null : look(async () => (await ports.runtime()).logs(proxy, logLines)),
    ])
    const targets = allTargets(input, store, valueOf(routes))
    if (targets.length === 0 && store === null) throw nothingToLookAt()
    const sites = await inTurns(targets, (target) => gatherSite(target, input, certificates, look))
    return {now: ports.clock.now(), sites, store, routes, log}
  },

  judge(facts, input) {
    return [...facts.sites.flatMap((site) => judgeSite(site, facts, input)), ...judgeStored(facts, input), ...judgeLog(facts, input)]
  },
}

/** Returns what was seen of each certificate, for whoever reads it by machine. */
export function seenCertificates({sites}: CertificateFacts) {
  return sites.flatMap(({target, served}) => {
    if (!served.seen) return []
    const {chain, distrust, version} = served.value
    const [{subject, issuer, dnsNames, addresses, notBefore, notAfter, fingerprint, key, signature}] = chain
    const {protocol, host, port} = target
    return {
      target: targetLabel(target),
      protocol,
      host,
      port,
      subject,
      issuer,
      fingerprint,
      names: [...dnsNames, ...addresses],
      notBefore: notBefore.toISOString(),
      notAfter: notAfter.toISOString(),
      key: describeKey(key),
      signature: describeSignature(signature),
      chain: chain.length,
      trusted: distrust === null,
      tls: version,
    }
  })
}

function allTargets(
  {targets, isNamed, ca}: CertCheckInput,
  store: Observed<CertificateStore> | null,
  routes: ProxyRoutes | null,
): CertificateTarget[] {
  // A name that cannot be asked for must not end the look at all others.
  const stored =
    !isNamed && store?.seen
      ? storedHosts(store.value, routes)
          .filter(isTarget)
          .map((host) => parseTarget(host, ca))
      : []
  return distinctTargets([...targets, ...stored])
}

function nothingToLookAt(): OperatorError {
  return new OperatorError('usage', 'There is no certificate to look at.', {
    hint: 'Name hosts, as in sparkone cert-check shop.example, or write them under certificates.hosts.',
  })
}

type Look = <Value>(probe: (signal: AbortSignal) => Promise<Value>) => Promise<Observed<Value>>

async function gatherSite(target: CertificateTarget, input: CertCheckInput, certificates: Certificates, look: Look): Promise<SiteFacts> {
  const {connect, withHeaders} = input
  const [served, addresses, headers] = await Promise.all([
    look((signal) => certificates.served(target, {connect, signal})),
    canonicalAddress(target.host) === null ? look(() => certificates.addresses(target.host)) : null,
    withHeaders && target.protocol === 'https' ? look((signal) => certificates.headers(target, {connect, signal})) : null,
  ])
  return {target, served, addresses, headers}
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  const rest = items.entries()
  await Promise.all(
    Array.from({length: Math.min(atOnce, items.length)}, async () => {
      for (const [index, item] of rest) results[index] = await work(item)
    }),
  )
  return results
}

function judgeSite(site: SiteFacts, facts: CertificateFacts, input: CertCheckInput): Finding[] {
  const label = targetLabel(site.target)
  return [
    ...judgeServed(site, label, facts, input),
    ...judgeAddresses(site, label, input.addresses),
    ...(site.headers === null ? [] : [judgeSeenHeaders(label, site.headers)]),
  ]
}

function judgeServed({target, served, addresses}: SiteFacts, label: string, facts: CertificateFacts, input: CertCheckInput): Finding[] {
  // That a name leads nowhere is told of the name, and need not be told twice.
  if (!served.seen && input.connect === null && addresses !== null && !addresses.seen) return []
  if (!served.seen) return [unseen(label, served)]
  const store = valueOf(facts.store)
  const [leaf] = served.value.chain
  const expectation: CertificateExpectation = {
    label,
    host: target.host,
    now: facts.now,
    lenient: target.protocol === 'postgresql' && target.ca === null,
    duration: durationFor(store, valueOf(facts.routes), leaf.fingerprint),
    renewBefore: input.renewBefore,
  }
  const isOfProxy = store !== null && target.protocol === 'https'
  return [...judgeCertificate(served.value, expectation), ...(isOfProxy ? judgeCopy(store, expectation, leaf) : [])]
}

function unseen(subject: string, {reason, message, hint}: Extract<Observed<unknown>, {seen: false}>): Finding {
  // Without an answer nothing is known of the certificate; an answer that is no TLS says that there is none.
  const status = reason === 'failed' ? 'critical' : 'unknown'
  return {subject, status, message: `no certificate was seen: ${message}`, ...(hint === undefined ? {} : {hint})}
}

function judgeAddresses({target, addresses}: SiteFacts, label: string, expected: readonly string[]): Finding[] {
  const subject = `${label} address`
  if (addresses === null) return []
  if (!addresses.seen) {
    const status = addresses.reason === 'notFound' ? 'critical' : 'unknown'
    return [{subject, status, message: addresses.message, hint: `correct the A and AAAA records of ${target.host}`}]
  }
  const wanted = expected.map((address) => canonicalAddress(address) ?? address)
  const strange = wanted.length === 0 ? [] : addresses.value.filter((address) => !wanted.includes(canonicalAddress(address) ?? address))
  if (strange.length === 0) return []
  const message = `${target.host} leads to ${strange.join(', ')}, which is not among certificates.addresses`
  return [{subject, status: 'warning', message, hint: `correct the A and AAAA records of ${target.host}, or certificates.addresses`}]
}

function judgeSeenHeaders(label: string, headers: Observed<Record<string, string>>): Finding {
  if (headers.seen) return judgeHeaders(label, headers.value)
  return {subject: `${label} headers`, status: 'unknown', message: `no headers were seen: ${headers.message}`}
}

function judgeStored({now, sites, store, routes}: CertificateFacts, {isNamed, renewBefore, store: path}: CertCheckInput): Finding[] {
  if (store === null || (isNamed && store.seen)) return []
  const unread: Finding[] =
    routes === null || routes.seen
      ? []
      : [{subject: 'acme.json routers', status: 'unknown', message: routes.message, hint: 'correct certificates.traefik'}]
  const served = new Set(sites.flatMap((site) => valueOf(site.served)?.chain[0].fingerprint ?? []))
  if (store.seen) return [...judgeStore(store.value, valueOf(routes), {now, renewBefore, served}), ...unread]
  const hint = store.hint ?? 'correct certificates.acme'
  return [{subject: 'acme.json', status: 'critical', message: `${path} was not read: ${store.message}`, hint}, ...unread]
}

function judgeLog({log, now}: CertificateFacts, {proxy}: CertCheckInput): Finding[] {
  if (log === null || proxy === null) return []
  if (log.seen) return [judgeProxyLog(proxy, log.value, now)]
  return [{subject: `${proxy} log`, status: 'unknown', message: `was not read: ${log.message}`, hint: 'correct certificates.proxy'}]
}

function valueOf<Value>(observed: Observed<Value> | null): Value | null {
  return observed?.seen ? observed.value : null
}
