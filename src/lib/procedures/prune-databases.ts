import type {KeptItem, PruneItem} from '../domain/prune-plan.ts'
import {formatDuration} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {Refusal} from '../ports/docker.ts'
import {pruneOld} from './prune-old.ts'

type Kept = Awaited<ReturnType<typeof pruneOld.gather>>

/** The databases that restores put aside. */
export interface DatabaseFacts {
  /** Null where they could not be looked at. */
  kept: Kept | null
  /** Why they could not. */
  note: string | null
}

/** Returns the databases that restores put aside; a server that is down is noted, since the disk matters all the same. */
export async function keptDatabases(ports: Ports): Promise<DatabaseFacts> {
  try {
    return {kept: await pruneOld.gather({keep: 0}, ports), note: null}
  } catch (error) {
    if (ports.signal.aborted || !(error instanceof OperatorError)) throw error
    return {kept: null, note: `databases that restores put aside were not looked at: ${error.message}`}
  }
}

/** Returns which of them go: all but the newest, and those that are younger than the limit. */
export function planDatabases(
  {kept: facts, note}: DatabaseFacts,
  {keepDatabases, minAge}: {keepDatabases: number; minAge: number},
  now: number,
): {items: PruneItem[]; kept: KeptItem[]; notes: string[]; database: string | null} {
  const notes = note === null ? [] : [note]
  if (facts === null) return {items: [], kept: [], notes, database: null}
  const {database, kept: all} = facts
  const judged = all.map(({name, bytes, mark}, index) => {
    const age = now - Date.parse(mark.at)
    const stays = whyStays({index, age, isLive: name === database}, keepDatabases, minAge)
    const common = {kind: 'database' as const, id: name, name, bytes}
    return {common, stays, going: `put aside ${formatDuration(age)} ago by ${mark.why}`, state: mark.at}
  })
  return {
    items: judged.flatMap(({common, stays, going, state}) => (stays === null ? [{...common, reason: going, state}] : [])),
    kept: judged.flatMap(({common, stays}) => (stays === null ? [] : [{...common, reason: stays}])),
    notes,
    database,
  }
}

/** Drops a database that is still what the plan knew of it. Returns null, or why it was left. */
export async function pruneDatabase({name, state}: PruneItem, ports: Ports): Promise<Refusal | null> {
  try {
    const {database, kept, now} = await pruneOld.gather({keep: 0}, ports)
    const going = kept.filter((each) => each.name === name && each.mark.at === state)
    if (going.length === 0) return {why: 'used', message: 'it is no longer what a restore put aside'}
    await pruneOld.apply(pruneOld.plan({database, kept: going, now}, {keep: 0}), ports)
    return null
  } catch (error) {
    if (ports.signal.aborted || !(error instanceof OperatorError)) throw error
    return {why: 'failed', message: error.message}
  }
}

function whyStays({index, age, isLive}: {index: number; age: number; isLive: boolean}, keep: number, minAge: number): string | null {
  if (isLive) return 'it is the live one'
  if (index < keep) return 'it is among the newest that restores put aside'
  return age < minAge ? `it is new: ${formatDuration(age)} of ${formatDuration(minAge)}` : null
}
