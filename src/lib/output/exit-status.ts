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
  ['9', 'no such backup'],
  ['10', 'unreachable: docker, database, storage'],
  ['11', 'denied: credentials refused'],
  ['12', 'no space'],
  ['13', 'corrupt: a backup failed its proof'],
  ['130, 143', 'interrupted, cleaned up'],
]

/** What each exit code means for checks and for changes. */
export const exitCodeRows: Record<'check' | 'change', readonly Row[]> = {check, change}

/** Returns the EXIT STATUS section of a check or a change, one code a line. */
export function exitStatus(kind: 'check' | 'change'): string {
  return exitCodeRows[kind].map(([code, meaning]) => `${code.padEnd(9)} ${meaning}`).join('\n')
}
