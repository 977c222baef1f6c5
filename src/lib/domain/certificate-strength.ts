export interface PublicKey {
  /** As OpenSSL calls it: rsa, ec, ed25519, … */
  type: string
  /** Of the modulus, where there is one. */
  bits: number | null
  curve: string | null
}

/** What is wrong with a key or a signature, and how bad that is. */
export interface Weakness {
  status: 'warning' | 'critical'
  message: string
}

/** NIST SP 800-57 and the baseline requirements of browsers. */
const leastBits = 2048

const curves: Record<string, string> = {prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521'}

const modern: Record<string, string> = {ed25519: 'Ed25519', ed448: 'Ed448'}

/** Hash of each signature algorithm, by its object identifier. */
const hashes: Record<string, string> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.10040.4.3': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
}

const broken = ['MD2', 'MD5', 'SHA-1']

/** Returns a key for people: `RSA 2048`, `ECDSA P-256`, `Ed25519`. */
export function describeKey({type, bits, curve}: PublicKey): string {
  if (type === 'ec') return `ECDSA ${curves[curve ?? ''] ?? curve}`
  return modern[type] ?? `${type.toUpperCase().replace('-PSS', '')}${bits === null ? '' : ` ${bits}`}`
}

/** Returns the hash of a signature, or the identifier of an algorithm that is not known here. */
export function describeSignature(algorithm: string): string {
  return hashes[algorithm] ?? algorithm
}

/** Returns what is wrong with a key, or null. */
export function weaknessOfKey(key: PublicKey): Weakness | null {
  const {type, bits, curve} = key
  if (type in modern || (type === 'ec' && (curve ?? '') in curves)) return null
  if (type === 'ec') return {status: 'warning', message: `its key is on the curve ${curve}, which browsers do not accept`}
  if (type.startsWith('rsa') && bits !== null && bits >= leastBits) return null
  const wanted = type.startsWith('rsa') ? `, and less than ${leastBits} bits are too few` : ', which browsers do not accept'
  return {status: 'critical', message: `its key is ${describeKey(key)}${wanted}`}
}

/** Returns what is wrong with the algorithm of a signature, or null. */
export function weaknessOfSignature(algorithm: string): Weakness | null {
  const hash = describeSignature(algorithm)
  return broken.includes(hash) ? {status: 'critical', message: `is signed with ${hash}, which can be forged`} : null
}
