/** Level 3 of zstd is twice as small per second as gzip, which is all that programs before 16 know; see docs/decisions. */
export function dumpCompression(programVersion: string): string {
  const major = Number(/(\d+)/.exec(programVersion.replace(/^[^)]*\)/, ''))?.[1] ?? 0)
  return major >= 16 ? 'zstd:3' : '1'
}
