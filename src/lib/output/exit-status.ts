type Row = readonly [code: string, meaning: string]

const check: readonly Row[] = [
  ['0', 'OK'],
  ['1', 'WARNING'],
  ['2', 'CRITICAL'],
  ['3', 'UNKNOWN: could not measure; bad arguments or configuration; a bug'],
  ['130, 143', 'interrupted'],
]

const change: readonly Row[] = [
  ['0', 'done, or nothing to do'],
  ['1', 'done with warnings, or partly done'],
  ['2', 'failed; the output states what state things are in'],
  ['3', 'bad arguments or configuration; a bug'],
  ['4', 'refused by a safety rule, or not confirmed'],
  ['5', 'another run holds the lock'],
  ['6', 'incompatible: version, schema, extension'],
  ['7', 'timed out; children ended'],
  ['8', 'failed and put back; service restored'],
  ['9', 'no such backup, release or runbook'],
  ['10', 'unreachable: docker, database, storage'],
  ['11', 'denied: credentials refused'],
  ['12', 'no space'],
  ['13', 'corrupt: a backup failed its proof'],
  ['130, 143', 'interrupted, cleaned up'],
]

const lookup: readonly Row[] = [
  ['0', 'found'],
  ['3', 'bad arguments; a bug'],
  ['9', 'no such runbook'],
  ['130, 143', 'interrupted'],
]

/** What each exit code means for checks, for changes and for what only looks something up. */
export const exitCodeRows: Record<'check' | 'change' | 'lookup', readonly Row[]> = {check, change, lookup}

/** Returns the EXIT STATUS section of a command, one code a line. */
export function exitStatus(kind: keyof typeof exitCodeRows): string {
  return exitCodeRows[kind].map(([code, meaning]) => `${code.padEnd(9)} ${meaning}`).join('\n')
}
