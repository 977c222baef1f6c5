import {X509Certificate} from 'node:crypto'
import {readFile, stat} from 'node:fs/promises'
import type {CertificateStore, StoredCertificate} from '../../domain/certificate-store.ts'
import {canonicalName} from '../../domain/certificate-names.ts'
import {OperatorError} from '../../errors.ts'
import {factsOf} from './certificate-facts.ts'
import {readingError} from './reading.ts'

interface AcmeEntry {
  domain?: {main?: unknown; sans?: unknown}
  certificate?: unknown
}

/** Returns what is in the store of Traefik, its keys left out. Throws `notFound`, `denied`, `corrupt`. */
export async function readAcmeStore(path: string): Promise<CertificateStore> {
  const [text, {mode}] = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch((error: unknown) => {
    throw readingError(error, path)
  })
  const resolvers = Object.entries(parse(text, path))
  return {
    path,
    mode: mode & 0o777,
    resolvers: resolvers.map(([name]) => name),
    certificates: resolvers.flatMap(([resolver, {Certificates}]) => (Certificates ?? []).map((entry) => toStored(resolver, entry))),
  }
}

type Resolvers = Record<string, {Certificates?: AcmeEntry[] | null}>

/** What cannot be read is not repeated, as keys are in it. */
function parse(text: string, path: string): Resolvers {
  const damaged = new OperatorError('corrupt', `${path} is no store of certificates.`, {
    hint: 'Traefik begins a new one when it is taken away, and meets the rate limits of the authority.',
  })
  // Traefik makes it empty, and fills it once it has an account.
  if (text.trim() === '') return {}
  try {
    const value = JSON.parse(text) as unknown
    if (!isRecord(value) || !Object.values(value).every(isResolver)) throw damaged
    return value as Resolvers
  } catch {
    throw damaged
  }
}

function isResolver(value: unknown): boolean {
  if (!isRecord(value)) return false
  const {Certificates: certificates} = value
  return certificates === undefined || certificates === null || (Array.isArray(certificates) && certificates.every(isRecord))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toStored(resolver: string, {domain, certificate}: AcmeEntry): StoredCertificate {
  const names = [domain?.main, domain?.sans].flat().filter((name) => typeof name === 'string' && name !== '')
  return {resolver, names: [...new Set(names.map((name) => canonicalName(String(name))))], certificate: decode(certificate)}
}

function decode(text: unknown): StoredCertificate['certificate'] {
  try {
    return factsOf(new X509Certificate(Buffer.from(String(text), 'base64')))
  } catch {
    // Told as a finding: a damaged entry must not hide the others.
    return null
  }
}
