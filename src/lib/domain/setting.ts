/** Where a value of the configuration comes from, strongest first. */
export type Source =
  | {kind: 'flag'; flag: string}
  | {kind: 'variable'; name: string}
  | {kind: 'file'; file: string; line: number; column: number}
  | {kind: 'detected'; from: string}
  | {kind: 'default'}

/** One value of the configuration, as `sparkone config` shows it; secrets are redacted before they get here. */
export interface Setting {
  key: string
  value: string | number | boolean | null | readonly string[]
  source: Source
}

/** Returns where a value comes from, in words: `sparkone.yml:14`, `environment variable DB_NAME`, `default`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return `flag ${source.flag}`
    case 'variable':
      return `environment variable ${source.name}`
    case 'file':
      return `${source.file}:${source.line}`
    case 'detected':
      return `found in ${source.from}`
    case 'default':
      return 'default'
  }
}
