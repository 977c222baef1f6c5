import {derivedName, quoteIdentifier, quoteLiteral} from './identifier.ts'
import {writableSql, type ReadOnly} from './read-only.ts'

/** What sparkone notes in the comment of a database that it made or put aside. */
export type DatabaseMark =
  {kind: 'restoring'; of: string; readOnly?: ReadOnly} | {kind: 'kept'; of: string; at: string; why: string; comment: string | null}

const prefix = 'sparkone '
const restoringName = /_restoring_[0-9a-f]{6}$/
const shortIdLength = 6

/** A database of the server, with its comment. */
export interface NamedDatabase {
  name: string
  comment: string | null
  /** Nothing but what template0 holds is in it. */
  empty: boolean
}

export interface KeptDatabase {
  name: string
  mark: Extract<DatabaseMark, {kind: 'kept'}>
}

export const databasesSql = `SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment,
  pg_database_size(oid) <= pg_database_size('template0') + 262144 AS empty FROM pg_database WHERE NOT datistemplate ORDER BY datname`

/** Returns the name of the database that a restore fills before it is swapped in. */
export function restoringNameOf(database: string, shortId: string): string {
  return derivedName(database, `_restoring_${shortId}`)
}

/** Returns `<database>_before_<UTC time>`, the name under which a restore keeps the database it replaces. */
export function keptNameOf(database: string, time: Date, taken: ReadonlySet<string>): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')
  const candidates = ['', '_2', '_3', '_4', '_5', '_6', '_7', '_8', '_9'].map((suffix) =>
    derivedName(database, `_before_${stamp}${suffix}`),
  )
  return candidates.find((name) => !taken.has(name)) ?? derivedName(database, `_before_${stamp}_x`)
}

export function markText(mark: DatabaseMark): string {
  return prefix + JSON.stringify(mark)
}

/** Returns the mark in the comment of a database, or null where there is none that sparkone wrote. */
export function markOf(comment: string | null): DatabaseMark | null {
  if (!comment?.startsWith(prefix)) return null
  try {
    const mark: unknown = JSON.parse(comment.slice(prefix.length))
    return isMark(mark) ? mark : null
  } catch {
    // Somebody edited the comment: whatever it was, it is no longer ours to act on.
    return null
  }
}

function isMark(value: unknown): value is DatabaseMark {
  if (typeof value !== 'object' || value === null) return false
  const {kind, of, at, why, comment} = value as Record<string, unknown>
  const isText = (each: unknown) => typeof each === 'string'
  if (kind === 'restoring') return isText(of) && isReadOnly((value as {readOnly?: unknown}).readOnly)
  return kind === 'kept' && [of, at, why].every(isText) && (comment === null || isText(comment))
}

function isReadOnly(value: unknown): boolean {
  if (value === undefined) return true
  const {previous} = (value ?? {}) as {previous?: unknown}
  return previous === null || typeof previous === 'string'
}

/** Returns why a restore puts a database aside, as its mark has it; `label` names the backup or file. */
export function restoreReason(label: string): string {
  return `restore of ${label}`
}

/** Returns the databases that restores put aside for `database`, newest first. */
export function keptFor(database: string, databases: readonly NamedDatabase[]): KeptDatabase[] {
  return databases
    .flatMap(({name, comment}) => {
      const mark = markOf(comment)
      return mark?.kind === 'kept' && mark.of === database ? [{name, mark}] : []
    })
    .toSorted((a, b) => b.mark.at.localeCompare(a.mark.at))
}

/** Returns the databases that a restore of `database` which died left half-filled. Call only while holding the lock. */
export function abandonedRestores(database: string, databases: readonly NamedDatabase[]): string[] {
  // Another project on the same server holds another lock, and may be restoring right now.
  const isOurs = ({name, comment, empty}: NamedDatabase) => {
    const mark = markOf(comment)
    if (mark) return mark.kind === 'restoring' && mark.of === database
    // One that died between CREATE DATABASE and its comment has no mark, but is still empty.
    return comment === null && empty && name === restoringNameOf(database, name.slice(-shortIdLength))
  }
  return databases.filter((each) => restoringName.test(each.name) && isOurs(each)).map(({name}) => name)
}

/** Returns what a restore of `database` which died left to undo of making it read-only; null where it is as it was. Call only while holding the lock. */
export function leftReadOnly(database: string, databases: readonly NamedDatabase[]): ReadOnly | null {
  const abandoned = abandonedRestores(database, databases)
  const marks = databases.filter(({name}) => abandoned.includes(name)).map(({comment}) => markOf(comment))
  return marks.flatMap((mark) => (mark?.kind === 'restoring' && mark.readOnly ? [mark.readOnly] : []))[0] ?? null
}

export interface Swap {
  live: string
  /** Null when there is no live database yet. */
  kept: {name: string; mark: Extract<DatabaseMark, {kind: 'kept'}>} | null
  incoming: string
  /** Comment that the live database has afterwards. */
  comment: string | null
  /** What the database to be kept was like before it was made read-only for the restore. */
  readOnly?: ReadOnly | null
}

/** Returns the two renames that put `incoming` in the place of `live`. Run them in one transaction. */
export function swapSql({live, kept, incoming, comment, readOnly}: Swap): string {
  const statements = [
    ...(kept ? [rename(live, kept.name), commentOn(kept.name, markText(kept.mark))] : []),
    ...(kept && readOnly ? [writableSql(kept.name, readOnly)] : []),
    rename(incoming, live),
    commentOn(live, comment),
  ]
  return statements.join(';\n')
}

export function commentOn(database: string, comment: string | null): string {
  return `COMMENT ON DATABASE ${quoteIdentifier(database)} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`
}

function rename(from: string, to: string): string {
  return `ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`
}
