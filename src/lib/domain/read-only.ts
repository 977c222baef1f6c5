import {quoteIdentifier, quoteLiteral} from './identifier.ts'

/** What has to be undone of a database that a restore makes read-only until the swap. */
export interface ReadOnly {
  /** What the database itself said of it before; null where it said nothing. */
  previous: string | null
}

const setting = 'default_transaction_read_only'

/** Returns what has to be noted before a database with these settings is made read-only. */
export function readOnlyOf(settings: readonly {role: string | null; setting: string}[]): ReadOnly {
  const own = settings.find((each) => each.role === null && each.setting.startsWith(`${setting}=`))
  return {previous: own ? own.setting.slice(setting.length + 1) : null}
}

/** New sessions read only, unless their role or they themselves say otherwise; so it stops applications that mean well, and nobody else. */
export function readOnlySql(database: string): string {
  return `ALTER DATABASE ${quoteIdentifier(database)} SET ${setting} TO on`
}

export function writableSql(database: string, {previous}: ReadOnly): string {
  const name = quoteIdentifier(database)
  return previous === null
    ? `ALTER DATABASE ${name} RESET ${setting}`
    : `ALTER DATABASE ${name} SET ${setting} TO ${quoteLiteral(previous)}`
}

/** A session keeps what it began with, so that only a new one learns of either. */
export function endSessionsSql(database: string): string {
  return `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ${quoteLiteral(database)} AND pid <> pg_backend_pid()`
}
