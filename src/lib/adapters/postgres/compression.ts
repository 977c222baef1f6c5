/** Level 3 of zstd is twice as small per second as gzip, which is all that programs before 16 know; see docs/decisions. */
export function dumpCompression(programVersion: string): {name: string; argument: string} {
  return programMajor(programVersion) >= 16 ? {name: 'zstd:3', argument: '--compress=zstd:3'} : {name: 'gzip:1', argument: '--compress=1'}
}

/** Returns the major version out of `pg_dump (PostgreSQL) 17.11 (Debian …)`. */
export function programMajor(programVersion: string): number {
  return Number(/(\d+)/.exec(programVersion.replace(/^[^)]*\)/, ''))?.[1] ?? 0)
}
