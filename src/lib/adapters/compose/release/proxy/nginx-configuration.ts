const unit: Record<string, number> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** What the configuration of nginx, as `nginx -T` prints it, says of a service. */
export interface NginxView {
  /** Whether it sends requests there at all. */
  isNamed: boolean
  /** How long it goes by an answer of the resolver; null where it asks for the name only once, or as often as the resolver likes. */
  validMilliseconds: number | null
}

/** Returns what a configuration says of a service that it would know by its name. */
export function readNginx(configuration: string, service: string): NginxView {
  const statements = configuration
    .replaceAll(/(?:^|\s)#[^\n]*/g, '\n')
    .split(/[;{}]/)
    .map((statement) => statement.trim().split(/\s+/))
  const names = (word: string) => hostOf(word) === service
  const servers = statements.filter(([directive, ...words]) => directive === 'server' && words.some(names))
  const variables = statements.filter(([directive, , ...words]) => directive === 'set' && words.some(names))
  const passes = statements.filter(
    ([directive, ...words]) => /^(?:proxy|grpc|fastcgi|uwsgi)_pass$/.test(directive ?? '') && words.some(names),
  )
  const asksAgain = variables.length > 0 || (servers.length > 0 && servers.every((words) => words.includes('resolve')))
  return {isNamed: servers.length + variables.length + passes.length > 0, validMilliseconds: asksAgain ? validity(statements) : null}
}

/** What is given in `resolver`; without it, nginx keeps an answer as long as that says, which for Docker's own is ten minutes. */
function validity(statements: readonly string[][]): number | null {
  const resolver = statements.findLast(([directive]) => directive === 'resolver')
  const [, count, suffix = 's'] = /^valid=(\d+)(ms|s|m|h|d)?$/.exec(resolver?.find((word) => word.startsWith('valid=')) ?? '') ?? []
  return count === undefined ? null : Number(count) * unit[suffix]!
}

/** Returns the host of `api:8000`, `http://api:8000/v1` or `api`. */
function hostOf(word: string): string {
  return word.replace(/^\w+:\/\//, '').replace(/[:/].*$/, '')
}
