/** Level 1 of zstd is as small as gzip at a tenth of its time, and programs before 16 know gzip alone; see docs/performance.md. */
export function dumpCompression(programVersion: string): {name: string; argument: string} {
  return programMajor(programVersion) >= 16 ? {name: 'zstd:1', argument: '--compress=zstd:1'} : {name: 'gzip:1', argument: '--compress=1'}
}

/** Returns the major version out of `pg_dump (PostgreSQL) 17.11 (Debian …)`. */
export function programMajor(programVersion: string): number {
  return Number(/(\d+)/.exec(programVersion.replace(/^[^)]*\)/, ''))?.[1] ?? 0)
}
