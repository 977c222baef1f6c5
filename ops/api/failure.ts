const messages: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOENT: 'connection refused: there is no server at the socket',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody who is trusted vouches for the certificate of the server',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody who is trusted vouches for the certificate of the server',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody who is trusted vouches for the certificate of the server',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody who is trusted vouches for the certificate of the server',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  '28P01': 'the credentials were refused',
  '28000': 'the credentials were refused',
  '3D000': 'the database does not exist',
  '42501': 'permission on a table is missing',
  '53300': 'the server has no free connections',
  '57P01': 'the session was terminated',
  '57P02': 'the server crashed and is recovering',
  '57P03': 'the server is starting up or shutting down',
  '57014': 'the query took too long',
  '25006': 'the database is read-only',
  '0A000': 'an extension or feature is not available on the server',
}

const phrases: readonly (readonly [RegExp, string])[] = [
  [/^(?:NOAUTH|WRONGPASS|NOPERM) /, 'the credentials were refused'],
  [/^LOADING /, 'the server is still loading its data'],
  [/does not support SSL connections/, 'the server does not speak TLS'],
  [/All sentinels are unreachable/, 'no Sentinel knows a server that can be reached'],
  [/time(?:d )?out/i, 'no answer in time'],
  [/terminated|closed/i, 'the connection was closed'],
]

/** A failure whose message was written for the outside. */
export class PublicFailure extends Error {
  override readonly name = 'PublicFailure'
}

/** Returns what failed in words that name no SQL, host, user or password. */
export function describeFailure(error: unknown): string {
  if (error instanceof PublicFailure) return error.message
  const {code, message} = asRecord(error)
  if (code === '42P01') return `table ${/relation "([^"]+)" does not exist/.exec(message)?.[1] ?? '(unnamed)'} is missing`
  const known = messages[code] ?? phrases.find(([pattern]) => pattern.test(message))?.[1]
  return known ?? (code === '' ? 'failed for an unforeseen reason; the log has it' : `failed with code ${code}`)
}

/** Whether the database could not be reached or did not answer, rather than refused what was asked. */
export function isUnavailable(error: unknown): boolean {
  const {code, message} = asRecord(error)
  return /^(E[A-Z_]+|08\d{3}|53\d{3}|57P\d{2}|57014)$/.test(code) || /time(d )?out|terminated|closed/i.test(message)
}

function asRecord(error: unknown): {code: string; message: string} {
  const {code, message} = (typeof error === 'object' && error !== null ? error : {}) as {code?: unknown; message?: unknown}
  return {code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : ''}
}
