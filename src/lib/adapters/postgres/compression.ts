import {outsideCompression} from '../../domain/dump-member.ts'

/** How a dump is compressed: by `pg_dump` itself, or around it by us. */
export interface DumpCompression {
  /** As the manifest says it. */
  name: string
  argument: string
  outside: boolean
}

/** Level 1 of zstd is smaller than gzip for less time; programs before 16 know gzip alone, so they are left out of it. See docs/performance.md. */
export function dumpCompression(programVersion: string): DumpCompression {
  return programMajor(programVersion) >= 16
    ? {name: 'zstd:1', argument: '--compress=zstd:1', outside: false}
    : {name: outsideCompression, argument: '--compress=0', outside: true}
}

/** Returns the major version out of `pg_dump (PostgreSQL) 17.11 (Debian …)`. */
export function programMajor(programVersion: string): number {
  return Number(/(\d+)/.exec(programVersion.replace(/^[^)]*\)/, ''))?.[1] ?? 0)
}
