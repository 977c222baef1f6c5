import {newestFirst, type BackupSet, type Marks, type Proof} from '../domain/backup-set.ts'
import {mergeMarks} from '../domain/marks.ts'
import {didYouMean, nearestId} from '../domain/nearest.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, SetCollection} from '../ports.ts'

/** A place that keeps sets: this machine (`local`), or a target away from it. */
export interface Place {
  name: string
  store: SetCollection
}

/** What lies in a place, or why that cannot be seen. */
export interface Contents {
  name: string
  location: string
  sets: readonly BackupSet[]
  failure: OperatorError | null
}

/** Returns every place that keeps sets, this machine first, or the one of that name. Throws `notFound`. */
export async function placesOf(ports: Pick<Ports, 'store' | 'offsite'>, name?: string): Promise<Place[]> {
  const places = [{name: 'local', store: await ports.store()}, ...(await ports.offsite())]
  const named = name === undefined ? places : places.filter((place) => place.name === name)
  if (named.length > 0) return named
  throw new OperatorError('notFound', `Backups are kept in no place called ${name}.`, {
    hint: `Known are ${places.map((place) => place.name).join(', ')}.`,
  })
}

/** Returns what lies in each place. One that cannot be seen does not hide the others, but the first, which is this machine or was asked for, must be. */
export async function contentsOf(places: readonly Place[]): Promise<Contents[]> {
  const contents = await Promise.all(places.map(look))
  const [here] = contents
  if (here?.failure) throw here.failure
  return shareKnowledge(contents)
}

async function look({name, store}: Place): Promise<Contents> {
  const {location} = store
  try {
    return {name, location, sets: await store.list(), failure: null}
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return {name, location, sets: [], failure: error}
  }
}

/** Copies of a set have the same bytes, so what was proven of one, or said of one, holds for all; a copy's own proof comes first. */
function shareKnowledge(contents: readonly Contents[]): Contents[] {
  const all = contents.flatMap(({sets}) => sets)
  const proofs = new Map<string, Proof>(all.flatMap(({manifest, proof}) => (proof?.passed ? [[manifest.id, proof] as const] : [])))
  const marks = new Map<string, Marks>()
  for (const {manifest, marks: said} of all) if (said) marks.set(manifest.id, mergeMarks(said, marks.get(manifest.id) ?? said))
  const complete = (set: BackupSet): BackupSet => {
    const {id} = set.manifest
    const said = marks.get(id)
    return {...set, proof: set.proof ?? proofs.get(id) ?? null, ...(said && {marks: said})}
  }
  return contents.map((place) => ({...place, sets: place.sets.map(complete)}))
}

/** Returns the one backup that a selector means, newest copy data first: `latest`, an id, its beginning or its end. Throws `notFound`. */
export function selectBackup(selector: string, contents: readonly Contents[]): BackupSet {
  const sets = new Map(contents.flatMap((place) => place.sets).map((set) => [set.manifest.id, set]))
  const fitting = newestFirst([...sets.values()]).filter(
    ({manifest: {id}}) => selector === 'latest' || id.startsWith(selector) || id.endsWith(`-${selector}`),
  )
  const [first] = fitting
  const places = contents.map(({location}) => location).join(', ')
  if (!first)
    throw new OperatorError('notFound', `There is no backup ${selector} in ${places}.`, {
      hint: `${adviceFor(selector, newestFirst([...sets.values()]))}sparkone restore --list shows what there is.`,
    })
  if (fitting.length === 1 || selector === 'latest') return first
  const details = fitting.map(({manifest}) => manifest.id)
  throw new OperatorError('notFound', `${selector} fits ${fitting.length} backups.`, {details, hint: 'Write more of the id.'})
}

/** Returns the beginning of a hint: the backup that a selector which fits none most likely meant, or nothing. `sets` are newest first. */
export function adviceFor(selector: string, sets: readonly BackupSet[]): string {
  return didYouMean(nearestId(selector, ['latest', ...sets.map(({manifest}) => manifest.id)]))
}
