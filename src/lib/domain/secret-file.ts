/** What can be told of a value without the key. `damaged` has the look of an encrypted one, and is none that SOPS can have written. */
export type ValueState = 'encrypted' | 'plain' | 'empty' | 'damaged'

export interface SecretValue {
  state: ValueState
  /** Bytes of what is encrypted: AES-GCM keeps the length. */
  length: number
}

/** An encrypted file as far as it can be read without a key; plain values are never taken over. */
export interface EncryptedFile {
  file: string
  /** By dotted path, in the order of the file. */
  values: ReadonlyMap<string, SecretValue>
  /** Null when SOPS never wrote the file. */
  metadata: SecretMetadata | null
}

export interface SecretMetadata {
  /** Public keys of age for which the file's own key is encrypted. */
  recipients: readonly string[]
  /** Whether each of them has its encrypted copy of the file's key. */
  hasKeys: boolean
  /** Whether there is an authentication code over the whole file. */
  hasCode: boolean
  lastModified: string | null
  /** Values under keys that end like this are left plain on purpose. */
  unencryptedSuffix: string
}

/** SOPS: AES-256 in GCM mode, a nonce of 32 bytes (44 characters of base64), a tag of 16 (24 characters). */
const encrypted =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/]+={0,2}),iv:[A-Za-z0-9+/]{43}=,tag:[A-Za-z0-9+/]{22}==,type:(?:str|int|float|bool|bytes|time)\]$/

/** Returns what a value of the file is. SOPS leaves what is empty as it is. */
export function describeValue(value: unknown): SecretValue {
  if (value === null || value === '') return {state: 'empty', length: 0}
  if (typeof value !== 'string' || !value.startsWith('ENC[')) return {state: 'plain', length: 0}
  const [, data] = encrypted.exec(value) ?? []
  if (data === undefined || data.length % 4 !== 0) return {state: 'damaged', length: 0}
  return {state: 'encrypted', length: (data.length / 4) * 3 - (data.length - data.replace(/=+$/, '').length)}
}

/** Returns whether a text can be a public key: of age itself, of a plugin of age, or of SSH, which age takes too. The placeholder is none. */
export function isRecipient(text: string): boolean {
  return /^age1(?:[02-9ac-hj-np-z]{58}|[a-z0-9]+1[02-9ac-hj-np-z]{20,})$/.test(text) || /^ssh-(?:ed25519|rsa) \S+/.test(text)
}
