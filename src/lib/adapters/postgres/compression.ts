/** Level 3 of zstd is twice as small per second as gzip, which is all that programs before 16 know; see docs/decisions. */
export function dumpCompression(programVersion: string): string {
  return programMajor(programVersion) >= 16 ? 'zstd:3' : '1'
}

/** Returns the major version out of `pg_dump (PostgreSQL) 17.11 (Debian …)`. */
export function programMajor(programVersion: string): number {
  return Number(/(\d+)/.exec(programVersion.replace(/^[^)]*\)/, ''))?.[1] ?? 0)
}
