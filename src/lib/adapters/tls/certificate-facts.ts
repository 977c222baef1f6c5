import type {X509Certificate} from 'node:crypto'
import type {Certificate} from '../../domain/certificate.ts'
import {canonicalAddress, canonicalName} from '../../domain/certificate-names.ts'
import {escapeControls} from '../../domain/log-line.ts'

/** Returns what a certificate says. */
export function factsOf(certificate: X509Certificate): Certificate {
  const {publicKey, subject, issuer, subjectAltName} = certificate
  const {modulusLength, namedCurve} = publicKey.asymmetricKeyDetails ?? {}
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    ...namesIn(subjectAltName ?? ''),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    key: {type: publicKey.asymmetricKeyType ?? 'unknown', bits: modulusLength ?? null, curve: namedCurve ?? null},
    signature: signatureAlgorithm(certificate.raw),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}

/** Node writes one attribute a line; it has none for certificates that name themselves by their alternative names alone. */
function oneLine(name: string | undefined): string {
  return escapeControls((name ?? '').split('\n').join(', '))
}

/** Reads `DNS:shop.example, IP Address:192.0.2.1`, in which Node quotes what could be mistaken for more than one entry. */
function namesIn(text: string): {dnsNames: string[]; addresses: string[]} {
  const entries = [...text.matchAll(/(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)]
  const valuesOf = (kind: string) => entries.filter(([, one]) => one === kind).map(([, , value = '']) => unquoted(value))
  return {
    dnsNames: valuesOf('DNS').map((name) => escapeControls(canonicalName(name))),
    addresses: valuesOf('IP Address').map((value) => canonicalAddress(value) ?? value),
  }
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value
}

/** Node 22 does not tell the algorithm: it is the first part of the second part of a certificate, in DER. */
function signatureAlgorithm(certificate: Uint8Array): string {
  const whole = element(certificate, 0)
  const signed = element(certificate, whole.start)
  const algorithm = element(certificate, signed.end)
  const identifier = element(certificate, algorithm.start)
  return objectIdentifier(certificate.subarray(identifier.start, identifier.end))
}

function element(bytes: Uint8Array, at: number): {start: number; end: number} {
  const first = bytes[at + 1] ?? 0
  if (first < 0x80) return {start: at + 2, end: at + 2 + first}
  const start = at + 2 + (first & 0x7f)
  return {start, end: start + bytes.subarray(at + 2, start).reduce((length, byte) => length * 256 + byte, 0)}
}

function objectIdentifier(bytes: Uint8Array): string {
  const [first = 0, ...rest] = bytes
  const numbers = [Math.floor(first / 40), first % 40]
  let value = 0
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    numbers.push(value)
    value = 0
  }
  return numbers.join('.')
}
