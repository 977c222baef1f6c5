import type {ComposeService} from './compose-file.ts'

/** Companions of a database that carry its name: they are not the database. */
const companions = /exporter|bouncer|pgpool|backup|admin|postgrest|barman|wal-g|commander|insight|sentinel|migrat/

/** Returns the services that look like PostgreSQL: by image first, by name where no image tells. */
export function databasesAmong(services: readonly ComposeService[]): ComposeService[] {
  const found = lookLike(services, /postgres|pgvector|postgis|timescale/, /^(postgres(ql)?|pg|db|database)\b/)
  const usual = found.filter(({name}) => ['postgres', 'postgresql', 'db', 'database'].includes(name))
  return usual.length === 1 ? usual : found
}

/** Returns the service that looks like Redis or one of its kin, or null. */
export function redisAmong(services: readonly ComposeService[]): ComposeService | null {
  return lookLike(services, /redis|valkey|keydb|dragonfly/, /^(redis|valkey|cache)\b/)[0] ?? null
}

/** Returns the service that looks like the API, or null; those that publish a port come first. */
export function apiAmong(services: readonly ComposeService[]): ComposeService | null {
  const names = [/^api$/, /(^|[-_])api([-_]|$)/, /^(app|web|backend|server)$/]
  const byName = names.flatMap((name) => services.filter((service) => name.test(service.name) && !companions.test(service.name)))
  return byName.find(({address}) => address !== null) ?? byName[0] ?? null
}

/** Returns the service that looks like Prometheus, or null. */
export function prometheusAmong(services: readonly ComposeService[]): ComposeService | null {
  return lookLike(services, /^prometheus$/, /^prometheus$/)[0] ?? null
}

/** Returns `POSTGRES_USER` and `POSTGRES_DB` as the image reads them, undefined where the files do not tell. */
export function credentialsOf({environment}: ComposeService): {user: string | undefined; name: string | undefined} {
  const user = environment.POSTGRES_USER ?? environment.POSTGRESQL_USERNAME
  return {user, name: environment.POSTGRES_DB ?? environment.POSTGRESQL_DATABASE}
}

function lookLike(services: readonly ComposeService[], image: RegExp, name: RegExp): ComposeService[] {
  const genuine = services.filter((service) => !companions.test(service.name) && !companions.test(baseName(service.image)))
  const byImage = genuine.filter((service) => image.test(baseName(service.image)))
  return byImage.length > 0 ? byImage : genuine.filter((service) => name.test(service.name))
}

/** The last part of an image's name: `timescaledb` of `timescale/timescaledb:2.14-pg16`. */
function baseName(image: string): string {
  return image.split('@')[0]!.split('/').at(-1)!.split(':')[0]!
}
