/** Names that a certificate is for; lower-case, addresses as `canonicalAddress` writes them. */
export interface CertificateNames {
  dnsNames: readonly string[]
  addresses: readonly string[]
}

/** Returns whether a certificate for these names is one for `host`, as browsers decide: a wildcard stands for one label, an address must be named as such. */
export function covers({dnsNames, addresses}: CertificateNames, host: string): boolean {
  const address = canonicalAddress(host)
  if (address !== null) return addresses.includes(address)
  const wanted = canonicalName(host)
  return dnsNames.some((name) => matches(name, wanted))
}

/** Returns an IP address in the one way it is written here, without brackets; null for anything else. */
export function canonicalAddress(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) return bare
  if (!bare.includes(':') || !URL.canParse(`http://[${bare}]/`)) return null
  return new URL(`http://[${bare}]/`).hostname.slice(1, -1)
}

/** Returns a host name in lower case, in the ASCII form that certificates use, without the dot of the root. */
export function canonicalName(text: string): string {
  const [, wildcard = '', rest = ''] = /^(\*\.)?(.*?)\.?$/.exec(text.trim()) ?? []
  const ascii = /[^\0-\x7f]/.test(rest) && URL.canParse(`http://${rest}/`) ? new URL(`http://${rest}/`).hostname : rest
  return `${wildcard}${ascii.toLowerCase()}`
}

function matches(name: string, wanted: string): boolean {
  if (name === wanted) return true
  if (!name.startsWith('*.')) return false
  const parent = name.slice(2)
  const label = wanted.slice(0, -parent.length - 1)
  return wanted.endsWith(`.${parent}`) && label !== '' && !label.includes('.') && parent.includes('.')
}
