import {OperatorError, type ErrorKind} from '../../errors.ts'
import {ProgramFailure} from '../process/executor.ts'

/** Exit codes of pgBackRest (its `error.yaml`), which also stand in brackets before each message. */
const kinds: Readonly<Record<number, ErrorKind>> = {
  26: 'corrupt',
  27: 'usage',
  28: 'corrupt',
  29: 'corrupt',
  31: 'usage',
  32: 'usage',
  37: 'usage',
  38: 'refused',
  45: 'incompatible',
  50: 'locked',
  56: 'unreachable',
  58: 'incompatible',
  62: 'refused',
  68: 'incompatible',
  75: 'notFound',
  82: 'failed',
  87: 'incompatible',
}

const hints: Readonly<Record<number, string>> = {
  37: 'Check backup.pgbackrest.stanza and backup.pgbackrest.config: sparkone config shows where they come from.',
  50: 'Wait for the other pgBackRest to end, or look for it: ps -ef | grep pgbackrest',
  56: 'pgBackRest itself connects to the server, by pg1-socket-path, pg1-port and pg1-user of its configuration.',
  62: 'Somebody forbade it with pgbackrest stop; pgbackrest start allows it again.',
  68: archiveHint('STANZA'),
  82: 'The server does not archive its log: its own log says why (grep archive), and SELECT * FROM pg_stat_archiver.',
  87: archiveHint('STANZA'),
}

/** Returns what has to be set in PostgreSQL for its log to be archived. */
function archiveHint(stanza: string): string {
  return `Set archive_mode = on and archive_command = 'pgbackrest --stanza=${stanza} archive-push %p', then restart PostgreSQL.`
}

/** Returns an error worded for the operator for a pgBackRest that failed; anything else is returned as it is. */
export function explainPgbackrest(error: unknown, doing: string): unknown {
  if (!(error instanceof ProgramFailure)) return error
  if (error.missing) {
    return new OperatorError('unreachable', `${doing} failed: ${error.program} is not installed.`, {
      hint: 'Install it (Debian: apt-get install pgbackrest), or set backup.pgbackrest.command.',
      cause: error,
    })
  }
  const {code, said} = complaint(error)
  const kind = kindOf(code, error.stderr)
  const hint = hints[code]
  return new OperatorError(kind, `${doing} failed: ${said}.`, {cause: error, ...(hint === undefined ? {} : {hint})})
}

function complaint({stderr, message, exitCode}: ProgramFailure): {code: number; said: string} {
  const [, code, said] = /ERROR: \[(\d+)\]: (.*)/.exec(stderr) ?? []
  const words = (said ?? message).replace(/^raised from \S+ protocol[^:]*: /, '').replace(/\.$/, '')
  return {code: Number(code ?? exitCode), said: words}
}

function kindOf(code: number, stderr: string): ErrorKind {
  if (/No space left on device/.test(stderr)) return 'noSpace'
  if (/\[13\] Permission denied/.test(stderr)) return 'denied'
  // A file that the manifest of a backup names is gone from the repository.
  if (code === 55 && /\/backup\//.test(stderr)) return 'corrupt'
  return kinds[code] ?? 'failed'
}
