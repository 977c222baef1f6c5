import type {Manifest, ServerFacts} from './backup-set.ts'
import {formatBytes} from './quantity.ts'
import {OperatorError} from '../errors.ts'

/** What must be known of the server before a restore may begin. */
export interface RestoreFacts {
  server: ServerFacts
  mayCreateDatabases: boolean
  roles: readonly string[]
  availableExtensions: readonly string[]
  /** Null where it cannot be known. */
  freeBytes: number | null
  live: {bytes: number; tables: number; preparedTransactions: number; logicalSlots: readonly string[]} | null
}

/** The parts of a manifest that decide whether it may be restored here. */
export type Restorable = Pick<Manifest, 'id' | 'project' | 'environment' | 'database' | 'server' | 'roles' | 'catalogue' | 'databaseBytes'>

export interface Allowances {
  /** Restore although the backup comes from another server. */
  otherServer: boolean
}

/** Room beyond the size of the database, for indexes being built and the log written meanwhile. */
const spaceMargin = 1.2

/** Throws unless a new database may be made and swapped in without breaking anything. */
export function assertServerReady({mayCreateDatabases, live}: RestoreFacts): void {
  if (!mayCreateDatabases) {
    throw new OperatorError('denied', 'The user may not create databases.', {
      hint: 'Set database.user to a role with CREATEDB, or to the superuser.',
    })
  }
  if (live && live.preparedTransactions > 0) {
    throw new OperatorError('refused', `${live.preparedTransactions} prepared transactions are open in the live database.`, {
      hint: 'End them first: SELECT gid FROM pg_prepared_xacts; then COMMIT PREPARED or ROLLBACK PREPARED.',
    })
  }
  if (live && live.logicalSlots.length > 0) {
    throw new OperatorError('refused', 'Logical replication reads from the live database; a swap would cut it off.', {
      details: live.logicalSlots,
      hint: 'Drop the slots first: SELECT pg_drop_replication_slot(name); and make the subscribers start afresh.',
    })
  }
}

/** Throws unless the backup fits this server: version, extensions, roles, space, origin. */
export function assertRestorable(backup: Restorable, facts: RestoreFacts, {otherServer}: Allowances): void {
  assertVersion(backup, facts.server)
  assertExtensions(backup, facts.availableExtensions)
  assertRoles(backup, facts.roles)
  assertSpace(backup.databaseBytes, facts.freeBytes)
  // Nothing can be mistaken for something else where there is nothing: recovery on a new server needs no flag.
  if (facts.live && facts.live.tables > 0 && !otherServer) assertOrigin(backup, facts.server)
}

/** Throws `noSpace` when the database would not fit beside the one it replaces. */
export function assertSpace(databaseBytes: number, freeBytes: number | null): void {
  const needed = Math.round(databaseBytes * spaceMargin)
  if (freeBytes === null || freeBytes >= needed) return
  throw new OperatorError(
    'noSpace',
    `The restored database needs about ${formatBytes(needed)}; the server has ${formatBytes(freeBytes)} free.`,
    {
      hint: 'Free some space; sparkone restore --list shows databases that earlier restores kept.',
    },
  )
}

function assertVersion({id, server: from}: Restorable, to: ServerFacts): void {
  const [theirs, ours] = [major(from.versionNumber), major(to.versionNumber)]
  if (ours >= theirs) return
  throw new OperatorError('incompatible', `Backup ${id} comes from PostgreSQL ${theirs}; this server is ${ours}.`, {
    hint: `Restore on PostgreSQL ${theirs} or newer.`,
  })
}

function major(versionNumber: number): number {
  return Math.floor(versionNumber / 10_000)
}

/** Throws `incompatible`, naming what is missing. */
export function assertExtensions(
  {id, catalogue}: Pick<Restorable, 'id' | 'catalogue'>,
  available: readonly string[],
  where = 'server',
): void {
  const missing = catalogue.extensions.filter(({name}) => !available.includes(name)).map(({name, version}) => `${name} ${version}`)
  if (missing.length === 0) return
  throw new OperatorError('incompatible', `The ${where} lacks extensions that backup ${id} needs: ${missing.join(', ')}.`, {
    hint: 'Install them, or use the image that the backup came from.',
  })
}

function assertRoles({id, roles}: Restorable, present: readonly string[]): void {
  const missing = roles.filter((role) => !present.includes(role))
  if (missing.length === 0) return
  throw new OperatorError('incompatible', `The server lacks roles that backup ${id} needs: ${missing.join(', ')}.`, {
    hint: `Create them first from globals.sql of the backup; RESTORE.md beside it shows how.`,
  })
}

function assertOrigin({id, project, environment, server: from}: Restorable, to: ServerFacts): void {
  if (from.systemIdentifier === to.systemIdentifier) return
  throw new OperatorError('refused', `Backup ${id} was taken from another server (${project}, ${environment}).`, {
    hint: 'If you mean it, add --from-other-server; the present database is kept either way.',
  })
}
