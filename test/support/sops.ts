import {randomBytes} from 'node:crypto'

export const productionKey = `age1${'q'.repeat(20)}${'p'.repeat(20)}${'z'.repeat(18)}`
export const anotherKey = `age1${'r'.repeat(20)}${'y'.repeat(20)}${'9'.repeat(18)}`

/** Returns a value as SOPS writes one of so many characters; what is in it is random. */
export function sealed(length = 48, type = 'str'): string {
  const [data, iv, tag] = [length, 32, 16].map((size) => randomBytes(size).toString('base64'))
  return `ENC[AES256_GCM,data:${data},iv:${iv},tag:${tag},type:${type}]`
}

export interface SopsFile {
  recipients?: readonly string[]
  lastModified?: string
  mac?: string
}

/** Returns a file as SOPS 3.9 writes it: `fields` is its YAML, and its metadata follow. */
export function sopsFile(
  fields: string,
  {recipients = [productionKey], lastModified = '2026-11-01T09:30:00Z', mac = sealed(128)}: SopsFile = {},
): string {
  const keys = recipients.map(
    (recipient) => `        - recipient: ${recipient}
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            ${randomBytes(48).toString('base64')}
            ${randomBytes(30).toString('base64')}
            -----END AGE ENCRYPTED FILE-----
`,
  )
  return `${fields}sops:
    kms: []
    gcp_kms: []
    azure_kv: []
    hc_vault: []
    age:${keys.length === 0 ? ' []' : `\n${keys.join('').trimEnd()}`}
    lastmodified: "${lastModified}"
    mac: ${mac}
    pgp: []
    unencrypted_suffix: _unencrypted
    version: 3.9.4
`
}
