import type {Change} from '../change.ts'
import {count, formatBytes, formatDuration} from '../domain/quantity.ts'
import {databasesSql, keptFor, type KeptDatabase, type NamedDatabase} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'

export interface PruneInput {
  /** How many of the newest to keep. */
  keep: number
}

interface Kept extends KeptDatabase {
  bytes: number
}

interface Facts {
  database: string
  /** Newest first. */
  kept: readonly Kept[]
  now: Date
}

export interface PrunePlan {
  summary: readonly string[]
  database: string
  drop: readonly {name: string; bytes: number}[]
  keep: readonly string[]
}

export interface PruneResult {
  database: string
  dropped: readonly {name: string; bytes: number}[]
  kept: readonly string[]
}

const sizesSql = `SELECT datname AS name, pg_database_size(oid) AS bytes FROM pg_database WHERE NOT datistemplate`

/** Drops the databases that earlier restores put aside. Only those with the mark of a restore of this very database are ever looked at. */
export const pruneOld: Change<PruneInput, Facts, PrunePlan, PruneResult> = {
  name: 'restore --prune-old',

  async gather(_input, ports) {
    const {database: server, databaseName: database} = await ports.runtime()
    const sizes = await server.query<{name: string; bytes: number}>('postgres', sizesSql)
    const bytes = new Map(sizes.map((each) => [each.name, each.bytes]))
    const kept = keptFor(database, await server.query<NamedDatabase>('postgres', databasesSql))
    return {database, kept: kept.map((each) => ({...each, bytes: bytes.get(each.name) ?? 0})), now: ports.clock.now()}
  },

  plan({database, kept, now}, {keep}) {
    // Whatever its comment says, the live database is not ours to drop.
    const [staying, going] = [kept.slice(0, keep), kept.slice(keep).filter(({name}) => name !== database)]
    if (going.length === 0) {
      throw new OperatorError(
        'notFound',
        `There is nothing to drop: ${count(kept.length, 'kept database')}, of which ${keep} are to stay.`,
        {
          hint: 'sparkone restore --list shows them; --keep N says how many stay.',
        },
      )
    }
    const age = ({mark}: Kept) => formatDuration(now.getTime() - Date.parse(mark.at))
    return {
      database,
      drop: going.map(({name, bytes}) => ({name, bytes})),
      keep: staying.map(({name}) => name),
      summary: [
        ...going.map((each) => `drop ${each.name} (${formatBytes(each.bytes)}), put aside ${age(each)} ago by ${each.mark.why}`),
        ...staying.map(({name}) => `keep ${name}`),
        `that gives back ${formatBytes(going.reduce((sum, {bytes}) => sum + bytes, 0))}, and cannot be undone`,
      ],
    }
  },

  question({drop, database}) {
    return `Drop ${count(drop.length, 'database')} that restores of ${database} put aside, for good?`
  },

  typed({database}) {
    return database
  },

  async apply({database, drop, keep}, ports) {
    const {database: server} = await ports.runtime()
    for (const {name} of drop) await ports.progress.step(`Drop ${name}`, () => server.drop(name))
    return {database, dropped: drop, kept: keep}
  },
}
