type Level = 'info' | 'warn' | 'error'

/** Writes one JSON line to stdout, where container runtimes collect it. */
export function log(level: Level, message: string, fields: Record<string, string | number> = {}): void {
  process.stdout.write(`${JSON.stringify({time: new Date().toISOString(), level, message, ...fields})}\n`)
}
