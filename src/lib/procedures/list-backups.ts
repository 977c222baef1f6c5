import {newestFirst, type BackupSet} from '../domain/backup-set.ts'
import {databasesSql, keptFor, type NamedDatabase} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import {contentsOf, placesOf, type Contents} from './set-collections.ts'

/** A backup and the names of the places it lies in: `local`, and those of targets. */
export type ListedBackup = BackupSet & {where: readonly string[]}

export interface BackupList {
  location: string
  sets: readonly ListedBackup[]
  broken: readonly {location: string; reason: string}[]
  /** Databases put aside by restores; null when the server could not be asked. */
  kept: readonly {name: string; database: string; at: string; why: string}[] | null
  /** Targets that could not be looked at. */
  unseen: readonly {name: string; location: string; message: string}[]
}

/**
 * Returns all backups, or those in one place, newest first, and what restores put aside of `databases`, or of the one of the runtime.
 * Backups are listed with the server down, too. Throws `notFound` for a place that does not exist.
 */
export async function listBackups(ports: Ports, from?: string, databases: readonly string[] = []): Promise<BackupList> {
  const places = await placesOf(ports, from)
  const [contents, kept] = await Promise.all([contentsOf(places), findKept(ports, databases)])
  const seen = contents.filter(({failure}) => failure === null)
  const broken = await Promise.all(places.filter(({name}) => seen.some((each) => each.name === name)).map(({store}) => store.broken()))
  const unseen = contents.flatMap(({name, location, failure}) => (failure ? [{name, location, message: failure.message}] : []))
  return {location: places[0]!.store.location, sets: newestFirst(merged(seen)) as ListedBackup[], broken: broken.flat(), kept, unseen}
}

/** One entry a backup, as the first place that has it shows it. */
function merged(contents: readonly Contents[]): ListedBackup[] {
  const all = contents.flatMap(({name, sets}) => sets.map((set) => ({set, name})))
  return [...Map.groupBy(all, ({set}) => set.manifest.id).values()].map((copies) => ({
    ...copies[0]!.set,
    where: copies.map(({name}) => name),
  }))
}

async function findKept(ports: Ports, databases: readonly string[]): Promise<BackupList['kept']> {
  try {
    const {database, databaseName} = await ports.runtime()
    const found = await database.query<NamedDatabase>('postgres', databasesSql)
    const kept = (databases.length === 0 ? [databaseName] : databases).flatMap((each) => keptFor(each, found))
    return kept.map(({name, mark: {of, at, why}}) => ({name, database: of, at, why}))
  } catch (error) {
    if (error instanceof OperatorError && ['unreachable', 'denied', 'notFound'].includes(error.kind)) return null
    throw error
  }
}
