import {newestFirst, type BackupSet} from '../domain/backup-set.ts'
import {databasesSql, keptFor, type NamedDatabase} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

export interface BackupList {
  location: string
  sets: readonly BackupSet[]
  broken: readonly {location: string; reason: string}[]
  /** Databases put aside by restores; null when the server could not be asked. */
  kept: readonly {name: string; at: string; why: string}[] | null
}

/** Returns all backups, newest first, and the databases that restores put aside. Backups are listed with the server down, too. */
export async function listBackups(ports: Ports): Promise<BackupList> {
  const store = await ports.store()
  const [sets, broken, kept] = await Promise.all([store.list(), store.broken(), findKept(ports)])
  return {location: store.location, sets: newestFirst(sets), broken, kept}
}

async function findKept(ports: Ports): Promise<BackupList['kept']> {
  try {
    const {database, databaseName} = await ports.runtime()
    const kept = keptFor(databaseName, await database.query<NamedDatabase>('postgres', databasesSql))
    return kept.map(({name, mark: {at, why}}) => ({name, at, why}))
  } catch (error) {
    if (error instanceof OperatorError && ['unreachable', 'denied', 'notFound'].includes(error.kind)) return null
    throw error
  }
}
