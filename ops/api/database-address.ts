import {accessSync, constants} from 'node:fs'

const modes = ['disable', 'require', 'verify-ca', 'verify-full']

/** Returns what is wrong with how the URL asks for TLS, or null; names no part of the address. */
export function databaseAddressProblem(url: URL): string | null {
  const [mode, authority] = [url.searchParams.get('sslmode'), url.searchParams.get('sslrootcert')]
  if (mode !== null && !modes.includes(mode)) return `has an sslmode other than ${modes.join(', ')}`
  if (authority === null || authority === 'system') {
    return mode === 'verify-ca' ? 'needs sslrootcert with sslmode=verify-ca' : null
  }
  try {
    accessSync(authority, constants.R_OK)
    return null
  } catch {
    return 'names an sslrootcert that cannot be read'
  }
}

/**
 * Returns the URL in the words of the driver, with the meaning that psql and every provider give it: `require` encrypts and trusts any
 * certificate, `verify-full` trusts those of `sslrootcert`, or else of the public authorities, for the name asked for.
 */
export function databaseAddress(text: string): string {
  const url = new URL(text)
  const {searchParams} = url
  if (searchParams.get('sslrootcert') === 'system') {
    searchParams.delete('sslrootcert')
    searchParams.set('sslmode', 'verify-full')
  }
  if (!searchParams.has('sslmode') && searchParams.has('sslrootcert')) searchParams.set('sslmode', 'verify-full')
  if (!searchParams.has('sslmode')) return text
  searchParams.set('uselibpqcompat', 'true')
  return url.href
}
