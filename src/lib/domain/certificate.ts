import {type CertificateNames, covers} from './certificate-names.ts'
import {limitsOf} from './certificate-renewal.ts'
import {describeKey, describeSignature, type PublicKey, weaknessOfKey, weaknessOfSignature} from './certificate-strength.ts'
import type {Finding, Measurement, Status} from './finding.ts'
import {formatDuration} from './quantity.ts'

/** What a certificate says. */
export interface Certificate extends CertificateNames {
  subject: string
  issuer: string
  notBefore: Date
  notAfter: Date
  key: PublicKey
  /** Object identifier of the algorithm that it is signed with. */
  signature: string
  /** SHA-256 of the whole, in hexadecimal. */
  fingerprint: string
}

/** What a server showed. */
export interface ServedChain {
  /** As it was sent: the certificate of the server first. Never empty. */
  chain: readonly [Certificate, ...Certificate[]]
  /** Code of OpenSSL for why the chain is not trusted; null when it is. Says nothing of the host name. */
  distrust: string | null
  /** TLSv1.3, TLSv1.2, … */
  version: string
}

export interface CertificateExpectation {
  /** What the findings are called by. */
  label: string
  host: string
  now: Date
  /** Nobody checks who it is that answers, so that being unknown is no failure. */
  lenient: boolean
  /** What the proxy is told of the lifetime of its certificates, in milliseconds; null when not known. */
  duration: number | null
  /** How long before their end certificates are renewed here, in milliseconds; null: as Traefik does. */
  renewBefore: number | null
}

/** Returns what is to be said of the certificate of a server: always how long it is good for, and a finding for everything that is wrong. */
export function judgeCertificate(served: ServedChain, expectation: CertificateExpectation): Finding[] {
  const {label} = expectation
  const faults: Finding[] = [
    ...judgeTrust(served, expectation),
    ...judgeNames(served, expectation),
    ...judgeStrength(served, label),
    ...judgeVersion(served, label),
  ]
  const life = judgeLife(served.chain[0], expectation)
  if (faults.length > 0 || life.status !== 'ok') return [life, ...faults]
  return [{...life, message: `${life.message}; ${describe(served)}`}]
}

/** Returns how much of its life a certificate has left, and whether it should have been renewed by now. */
export function judgeLife(
  {notBefore, notAfter}: Pick<Certificate, 'notBefore' | 'notAfter'>,
  {label, now, duration, renewBefore}: Pick<CertificateExpectation, 'label' | 'now' | 'duration' | 'renewBefore'>,
): Finding {
  const lifetime = notAfter.getTime() - notBefore.getTime()
  const left = notAfter.getTime() - now.getTime()
  const limits = limitsOf(lifetime, duration, renewBefore)
  const measurements: Measurement[] = [
    {
      label: 'expires in',
      value: Math.round(left / 1000),
      unit: 's',
      warning: seconds(limits.warning),
      critical: seconds(limits.critical),
      below: true,
    },
  ]
  const until = notAfter.toISOString().slice(0, 16).replace('T', ' ')
  if (notBefore > now) {
    const message = `is not valid before ${notBefore.toISOString()}`
    return {subject: label, status: 'critical', message, hint: 'put the clock right, here or where it was made', measurements}
  }
  if (left < 0) {
    const message = `expired ${formatDuration(-left)} ago, on ${until} UTC`
    return {subject: label, status: 'critical', message, hint: renewHint, measurements}
  }
  const status = statusOf(left, limits)
  if (status === 'ok') return {subject: label, status, message: `good for ${formatDuration(left)}, until ${until} UTC`, measurements}
  const message = `expires in ${formatDuration(left)} and should have been renewed with more than ${formatDuration(limits.warning)} left`
  return {subject: label, status, message, hint: renewHint, measurements}
}

const renewHint = 'sparkone runbook show CertificateExpiresSoon'

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000)
}

function statusOf(left: number, limits: {warning: number; critical: number}): Status {
  if (left < limits.critical) return 'critical'
  return left < limits.warning ? 'warning' : 'ok'
}

const expired = 'CERT_HAS_EXPIRED'
const early = 'CERT_NOT_YET_VALID'

function judgeTrust(served: ServedChain, {label, now, lenient}: CertificateExpectation): Finding[] {
  const {chain, distrust} = served
  const [leaf] = chain
  // The dates of the certificate itself are told elsewhere.
  const isOfLeaf = (distrust === expired && leaf.notAfter < now) || (distrust === early && leaf.notBefore > now)
  if (distrust === null || isOfLeaf) return []
  const {message, hint} = explainDistrust(served, distrust, now)
  return [{subject: `${label} chain`, status: lenient ? 'warning' : 'critical', message, hint}]
}

function explainDistrust({chain}: ServedChain, distrust: string, now: Date): {message: string; hint: string} {
  const [leaf] = chain
  const last = chain.at(-1)!
  if (distrust === expired || distrust === early) {
    const culprit = chain.find(({notBefore, notAfter}) => notAfter < now || notBefore > now) ?? last
    return {
      message: `a certificate of its chain is not valid now: ${culprit.subject}`,
      hint: 'serve the chain that the authority gives out today',
    }
  }
  const ownAuthority = 'name the authority in certificates.ca where it is one of yours'
  if (leaf.issuer === leaf.subject) return {message: 'is signed by itself, so anybody could have made it', hint: ownAuthority}
  if (last.issuer === last.subject) return {message: `its authority is not trusted: ${last.subject}`, hint: ownAuthority}
  if (chain.length === 1) {
    const message = `the certificate of its issuer is not sent: ${leaf.issuer}`
    return {message, hint: `serve the whole chain (fullchain.pem), or ${ownAuthority}`}
  }
  if (distrust.startsWith('UNABLE_TO_'))
    return {message: `its chain ends at an authority that is not trusted: ${last.issuer}`, hint: ownAuthority}
  return {message: `its chain is not trusted: ${distrust.toLowerCase().replaceAll('_', ' ')}`, hint: ownAuthority}
}

function judgeNames({chain: [leaf]}: ServedChain, {label, host, lenient}: CertificateExpectation): Finding[] {
  if (covers(leaf, host)) return []
  const names = [...leaf.dnsNames, ...leaf.addresses]
  const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
  const message = `is not for ${host} but for ${names.length === 0 ? `no name at all (${leaf.subject})` : shown}`
  const hint = 'correct the name that is asked for, or get a certificate for it'
  return [{subject: `${label} name`, status: lenient ? 'warning' : 'critical', message, hint}]
}

function judgeStrength({chain}: ServedChain, label: string): Finding[] {
  const [leaf] = chain
  const key = weaknessOfKey(leaf.key)
  // Nobody relies on the signature that a root puts under itself.
  const signed = chain.filter(({subject, issuer}, index) => index === 0 || subject !== issuer)
  const weak = signed.map((one) => ({one, weakness: weaknessOfSignature(one.signature)})).find(({weakness}) => weakness !== null)
  return [
    ...(key === null ? [] : [{subject: `${label} key`, ...key, hint: 'get a certificate with a key on P-256, or RSA with 2048 bits'}]),
    ...(weak === undefined
      ? []
      : [
          {
            subject: `${label} signature`,
            status: weak.weakness!.status,
            message: `${weak.one.subject} ${weak.weakness!.message}`,
            hint: 'get a new one',
          },
        ]),
  ]
}

function judgeVersion({version}: ServedChain, label: string): Finding[] {
  if (version === 'TLSv1.3' || version === 'TLSv1.2') return []
  const message = `speaks ${version} at most, which is no longer safe`
  return [{subject: `${label} protocol`, status: 'warning', message, hint: 'allow TLS 1.2 and 1.3 there, and nothing older'}]
}

function describe({chain, version}: ServedChain): string {
  const [leaf] = chain
  return `trusted, ${describeKey(leaf.key)}, ${describeSignature(leaf.signature)}, ${version}`
}
