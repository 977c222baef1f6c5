import {OperatorError, type ErrorKind} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {ProgramFailure} from '../process/executor.ts'

/** SQLSTATEs and their classes: PostgreSQL documentation, appendix A. Longest prefix wins. */
const states: readonly (readonly [prefix: string, kind: ErrorKind])[] = [
  ['3D000', 'notFound'],
  ['28', 'denied'],
  ['42501', 'denied'],
  ['53100', 'noSpace'],
  ['53300', 'unreachable'],
  ['57P', 'unreachable'],
  ['55P03', 'timeout'],
  ['57014', 'timeout'],
  ['08', 'unreachable'],
  ['0A000', 'incompatible'],
  ['58P01', 'incompatible'],
]

/** Failures of libpq while it connects carry no SQLSTATE, only these words. */
const phrases: readonly (readonly [pattern: RegExp, kind: ErrorKind])[] = [
  [/authentication failed|no password supplied|no pg_hba\.conf entry|FATAL: .*role ".*" does not exist/, 'denied'],
  [/database ".*" does not exist/, 'notFound'],
  [/server version mismatch/, 'incompatible'],
  [/No space left on device/, 'noSpace'],
  [/canceling statement due to (?:statement|lock) timeout/, 'timeout'],
  [
    /could not connect|Is the server running|Connection refused|No route to host|Network is unreachable|could not translate host name|starting up|accepting connections|shutting down|is not running|No such container|timeout expired|server closed the connection|terminating connection/,
    'unreachable',
  ],
]

/** How libpq says that TLS did not come about; none of it means that the server is down. */
const insecure =
  /certificate verify failed|server certificate for|root certificate file|does not support SSL|SSL error|could not load .*certificate/

/** Returns an error worded for the operator for a PostgreSQL program that failed; anything else is returned as it is. */
export function explainPostgres(error: unknown, doing: string): unknown {
  if (!(error instanceof ProgramFailure)) return error
  if (error.missing)
    return new OperatorError('unreachable', `${doing} failed: ${error.program} is not installed.`, {
      hint: 'Install the PostgreSQL client programs.',
      cause: error,
    })
  const said = firstComplaint(error.stderr) ?? error.message
  if (insecure.test(error.stderr)) {
    const hint = 'Check sslmode and sslrootcert in the URL of the database, and the name that it gives the server.'
    return new OperatorError('unreachable', `${doing} failed: ${said}`, {cause: error, hint})
  }
  const kind = kindOf(error.stderr)
  return new OperatorError(kind, `${doing} failed: ${said}`, {cause: error, ...hintFor(kind)})
}

function kindOf(stderr: string): ErrorKind {
  const state = /(?:ERROR|FATAL|PANIC): {2}([0-9A-Z]{5}):/.exec(stderr)?.[1]
  const byState = state && states.find(([prefix]) => state.startsWith(prefix))
  if (byState) return byState[1]
  return phrases.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'failed'
}

function firstComplaint(stderr: string): string | undefined {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  // pg_dump says first that it failed, and then what the server told it.
  const fromServer = lines.flatMap((line) => /Error message from server: (.*)/.exec(line)?.[1] ?? [])
  const line = fromServer[0] ?? lines.find((text) => /error|fatal|panic/i.test(text)) ?? lines[0]
  return line?.replace(/^\w+: error: /, '').replace(/^(?:psql:<stdin>:\d+: )?(?:ERROR|FATAL|PANIC): {2}(?:[0-9A-Z]{5}: )?/, '')
}

function hintFor(kind: ErrorKind): {hint?: string} {
  if (kind === 'unreachable') return {hint: 'sparkone health shows what is running.'}
  if (kind === 'denied') return {hint: 'Check user, password and privileges; sparkone config shows where each comes from.'}
  if (kind === 'timeout')
    return {hint: 'Somebody may hold a lock (pg_stat_activity shows who); backup.lockWait sets how long a dump waits for one.'}
  if (kind === 'noSpace') return {hint: 'Free some space where the server keeps its data.'}
  return {}
}

/** Passes bytes on, and says in words for people what making them failed with. */
export async function* explained(bytes: Bytes, doing: string): Bytes {
  try {
    yield* bytes
  } catch (error) {
    throw explainPostgres(error, doing)
  }
}
