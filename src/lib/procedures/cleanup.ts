import type {Change} from '../change.ts'
import {describeContents, type BackupSet} from '../domain/backup-set.ts'
import type {JournalEntry} from '../domain/journal.ts'
import {count} from '../domain/quantity.ts'
import type {Reason} from '../domain/retention-policy.ts'
import {decideRetention, retainedBackup, type RetentionGroup, type RetentionPolicy} from '../domain/retention.ts'
import {abortError, OperatorError} from '../errors.ts'
import type {Ports, Removal, SetCollection} from '../ports.ts'
import {contentsOf, placesOf, type Contents} from './set-collections.ts'
import {updateCatalogue} from './update-catalogue.ts'

export interface CleanupInput {
  local: RetentionPolicy
  /** Null where copies off-site are left to the store's own rules. */
  offsite: RetentionPolicy | null
}

interface Facts {
  contents: readonly Contents[]
  now: Date
  failedRunAt: number | null
  failedFilesRunAt: number | null
}

/** What is to become of one set, and why. */
export interface PlannedSet {
  set: BackupSet
  keep: boolean
  reasons: readonly Reason[]
}

/** What is to be done in one place. */
export interface PlannedPlace {
  name: string
  location: string
  /** Why nothing is known of it, and so nothing done. */
  failure: OperatorError | null
  databases: readonly Pick<RetentionGroup, 'database' | 'frozen' | 'due'>[]
  /** Newest first within each database. */
  sets: readonly PlannedSet[]
}

export interface CleanupPlan {
  summary: readonly string[]
  places: readonly PlannedPlace[]
}

export interface CleanupResult {
  /** Sets by place and id that could not be removed, and why. */
  failures: readonly {place: string; id: string; error: OperatorError}[]
  /** What is hidden takes its room until the store lets go of it. */
  removed: readonly {place: string; set: BackupSet; hidden: boolean}[]
}

/** Removes the backups that no rule keeps, here and in each place off-site, never more than the plan says. */
export const cleanup: Change<CleanupInput, Facts, CleanupPlan, CleanupResult> = {
  name: 'backup cleanup',
  touches: 'backups',

  async gather({offsite}, ports) {
    const places = await placesOf(ports)
    const contents = await contentsOf(offsite === null ? places.slice(0, 1) : places)
    const entries = await (await ports.journal()).entries()
    const failed = {failedRunAt: failedRunAt('backup', entries), failedFilesRunAt: failedRunAt('backup files', entries)}
    return {contents, now: ports.clock.now(), ...failed}
  },

  plan({contents, now, ...failed}, {local, offsite}) {
    const circumstances = {now: now.getTime(), ...failed}
    const places = contents.map((place, index): PlannedPlace => {
      const groups = decideRetention(place.sets.map(retainedBackup), index === 0 ? local : (offsite ?? local), circumstances)
      return planPlace(place, groups)
    })
    return {places, summary: places.flatMap(summarize)}
  },

  question({places}) {
    const doomed = places.flatMap(({sets}) => sets).filter(({keep}) => !keep)
    return doomed.length === 0 ? null : `Remove ${count(doomed.length, 'backup')} for good?`
  },

  async apply({places}, ports) {
    const stores = await placesOf(ports)
    const outcome: {removed: CleanupResult['removed'][number][]; failures: CleanupResult['failures'][number][]} = {
      removed: [],
      failures: [],
    }
    for (const [index, {name, sets}] of places.entries()) {
      // The oldest first: a run that is cut short has then removed what is worth least.
      for (const {set} of sets.filter(({keep}) => !keep).toReversed()) {
        const removal = await attemptRemoval(stores[index]!.store, set, ports)
        if (removal instanceof OperatorError) outcome.failures.push({place: name, id: set.manifest.id, error: removal})
        else outcome.removed.push({place: name, set, hidden: removal === 'hidden'})
      }
    }
    const seen = new Set(places.filter(({failure}) => failure === null).map(({name}) => name))
    for (const {name, store} of await ports.offsite()) if (seen.has(name)) await updateCatalogue(store, ports)
    return outcome
  },
}

/** Returns when the last run of a change began, if it failed or was cut short; milliseconds since 1970. */
function failedRunAt(change: string, entries: readonly JournalEntry[]): number | null {
  const last = entries.findLast(({command, phase}) => command === change && phase === 'intent')
  if (!last) return null
  const outcome = entries.find(({run, phase}) => run === last.run && phase === 'outcome')
  return outcome?.detail.outcome === 'done' ? null : Date.parse(last.at)
}

function planPlace({name, location, sets, failure}: Contents, groups: readonly RetentionGroup[]): PlannedPlace {
  const byId = new Map(sets.map((set) => [set.manifest.id, set]))
  return {
    name,
    location,
    failure,
    databases: groups.map(({database, frozen, due}) => ({database, frozen, due})),
    sets: groups.flatMap(({decisions}) => decisions.map(({id, keep, reasons}) => ({set: byId.get(id)!, keep, reasons}))),
  }
}

function summarize({location, failure, databases, sets}: PlannedPlace): string[] {
  if (failure) return [`leave ${location} alone: ${failure.message}`]
  const doomed = sets.filter(({keep}) => !keep)
  return [
    `keep ${count(sets.length - doomed.length, 'backup')} in ${location}, remove ${doomed.length}`,
    ...databases.flatMap(({database, frozen, due}) => (frozen && due > 0 ? [`${describeContents(database)}: ${frozen.message}`] : [])),
    ...doomed.map(({set, reasons}) => `remove ${set.manifest.id} of ${describeContents(set.manifest.database)}: ${reasons[0]!.message}`),
  ]
}

/** Returns what became of a set, or why it could not be removed. One that is locked or denied must not keep the others. */
async function attemptRemoval(store: SetCollection, set: BackupSet, {signal}: Pick<Ports, 'signal'>): Promise<Removal | OperatorError> {
  if (signal.aborted) throw abortError(signal)
  try {
    return await store.remove(set)
  } catch (error) {
    if (signal.aborted || !(error instanceof OperatorError)) throw error
    return error
  }
}
