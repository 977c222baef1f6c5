import {quoteIdentifier} from './identifier.ts'

/** What must be run so that a server has the roles of a backup. The script holds password verifiers: it is neither shown nor kept. */
export interface RoleScript {
  /** Roles that are made, in the order of the backup. */
  created: readonly string[]
  /** Roles that were there and get the password of the backup. */
  changed: readonly string[]
  script: string
}

const name = String.raw`("(?:[^"]|"")*"|[^\s;"]+)`
const creation = new RegExp(`^CREATE ROLE ${name};$`)
const alteration = new RegExp(`^ALTER ROLE ${name} (?:WITH|SET) .*;$`)
const password = /\bPASSWORD '(?:[^']|'')*'/
const membership = new RegExp(`^GRANT ${name} TO ${name}( WITH .*?)?(?: GRANTED BY ${name})?;$`)

/**
 * Returns the part of a script of `pg_dumpall --globals-only` that makes the roles which are not `present`, with their passwords, settings and memberships.
 * Roles that are there are left as they are; with `passwordsOf` those of them that it names get the password of the backup. What the first role
 * of the original server granted is granted anew by whoever runs the script: only a server's own first role may grant without being told it may.
 */
export function roleScript(
  globals: string,
  present: readonly string[],
  {firstRole = null, passwordsOf = () => false}: {firstRole?: string | null; passwordsOf?: (role: string) => boolean} = {},
): RoleScript {
  const lines = globals.split('\n').map((line) => line.replace(/\r$/, ''))
  const created = lines.flatMap((line) => namesIn(creation, line)).filter((role) => !present.includes(role))
  const known = new Set([...present, ...created])
  const mayGrant = (role: string) => known.has(role) && role !== firstRole
  const changed: string[] = []
  const kept = lines.flatMap((line) => {
    const [role] = namesIn(creation, line)
    if (role !== undefined) return created.includes(role) ? [line] : []
    if (membership.test(line)) return membershipOf(line, {created, known, mayGrant})
    const [altered] = namesIn(alteration, line)
    if (altered === undefined) return []
    if (created.includes(altered)) return [line]
    const secret = password.exec(line)?.[0]
    if (secret === undefined || !passwordsOf(altered)) return []
    changed.push(altered)
    return [`ALTER ROLE ${quoteIdentifier(altered)} ${secret};`]
  })
  return {created, changed, script: kept.join('\n')}
}

/** Returns the script that takes made roles away again. */
export function dropRolesSql(roles: readonly string[]): string {
  return roles.map((role) => `DROP ROLE IF EXISTS ${quoteIdentifier(role)}`).join(';\n')
}

/** A membership concerns the one that gets it and the one it is of; one of them must be new, and who granted it must exist. */
function membershipOf(
  line: string,
  {created, known, mayGrant}: {created: readonly string[]; known: ReadonlySet<string>; mayGrant: (role: string) => boolean},
): string[] {
  const [, group = '', member = '', options = '', grantor] = membership.exec(line) ?? []
  const both = [group, member].map(unquoted)
  if (!both.some((role) => created.includes(role)) || !both.every((role) => known.has(role))) return []
  const by = grantor !== undefined && mayGrant(unquoted(grantor)) ? ` GRANTED BY ${grantor}` : ''
  return [`GRANT ${group} TO ${member}${options}${by};`]
}

function namesIn(pattern: RegExp, line: string): string[] {
  const [, found] = pattern.exec(line) ?? []
  return found === undefined ? [] : [unquoted(found)]
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text
}
