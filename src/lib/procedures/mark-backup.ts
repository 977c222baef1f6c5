import type {Change} from '../change.ts'
import {describeAnomaly} from '../domain/anomaly.ts'
import type {BackupSet, Mark, Marks} from '../domain/backup-set.ts'
import {newerThan} from '../domain/marks.ts'
import {OperatorError} from '../errors.ts'
import {contentsOf, placesOf, selectBackup, type Contents} from './set-collections.ts'

export interface MarkInput {
  selector: string
  /** `release`: the mark of `keep` is taken away. */
  mark: 'keep' | 'release' | 'accept'
}

interface Facts {
  set: BackupSet
  contents: readonly Contents[]
  mark: Mark
}

export interface MarkPlan {
  summary: readonly string[]
  set: BackupSet
  marks: Marks
  /** Names of the places that have a copy. */
  places: readonly string[]
  /** Places that could not be looked at. */
  unseen: readonly string[]
}

export interface MarkResult {
  set: BackupSet
  marks: Marks
  places: readonly string[]
  /** Places where the mark could not be written, and why. */
  failures: readonly {place: string; message: string}[]
}

/** Writes what an operator says about a backup beside each of its copies. */
export const markBackup: Change<MarkInput, Facts, MarkPlan, MarkResult> = {
  name: 'backup mark',
  touches: 'backups',

  async gather({selector}, ports) {
    const contents = await contentsOf(await placesOf(ports))
    const mark = {at: ports.clock.now().toISOString(), by: ports.settings.actor}
    return {set: selectBackup(selector, contents), contents, mark}
  },

  plan({set, contents, mark}, input) {
    const {id} = set.manifest
    const marks = marksAfter(set, mark, input.mark)
    const places = contents.filter(({sets}) => sets.some(({manifest}) => manifest.id === id)).map(({name}) => name)
    const unseen = contents.filter(({failure}) => failure !== null).map(({name}) => name)
    return {set, marks, places, unseen, summary: [summarize(set, input.mark)]}
  },

  async apply({set, marks, places, unseen}, ports) {
    const failures = unseen.map((place) => ({place, message: 'could not be looked at, so a copy there is not marked'}))
    const marked: string[] = []
    for (const {name, store} of await placesOf(ports)) {
      if (!places.includes(name)) continue
      const message = await attempt(async () => {
        const copy = (await store.list()).find(({manifest}) => manifest.id === set.manifest.id)
        if (copy) await store.saveMarks(copy, marks)
      })
      if (message === null) marked.push(name)
      else failures.push({place: name, message})
    }
    if (marked.length === 0)
      throw new OperatorError('failed', `Backup ${set.manifest.id} could not be marked.`, {details: failures.map(line)})
    return {set, marks, places: marked, failures}
  },
}

function marksAfter({manifest: {id, anomalies = []}, marks}: BackupSet, mark: Mark, said: MarkInput['mark']): Marks {
  const {keep, released: _released, ...others}: Marks = marks ?? {format: 1, id}
  if (said === 'release') {
    if (!keep) throw new OperatorError('notFound', `Backup ${id} is not marked to be kept.`)
    // Said, and not just left out, so that it reaches copies that cannot be written now.
    return {...others, released: newerThan(marks, mark)}
  }
  if (said === 'keep') return {...others, keep: keep ?? newerThan(marks, mark)}
  if (anomalies.length === 0)
    throw new OperatorError('notFound', `There is nothing to accept: backup ${id} is no smaller than it should be.`)
  return {...marks, format: 1, id, accepted: marks?.accepted ?? mark}
}

function summarize({manifest: {id, anomalies = []}}: BackupSet, said: MarkInput['mark']): string {
  return {
    keep: `keep backup ${id} whatever the rules say`,
    release: `leave backup ${id} to the rules again`,
    accept: `accept that in backup ${id} ${anomalies.map(describeAnomaly).join('; ')}`,
  }[said]
}

async function attempt(work: () => Promise<void>): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return error.message
  }
}

function line({place, message}: {place: string; message: string}): string {
  return `${place}: ${message}`
}
