import type {Change} from '../change.ts'
import type {ApiAfterSwap, ApiAroundSwap} from '../domain/api-around-swap.ts'
import {assertServerReady} from '../domain/restore-safety.ts'
import {keptFor, keptNameOf, swapSql, type KeptDatabase, type Swap} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import {withApiAroundSwap} from './api-around-swap.ts'
import {gatherTarget, type TargetFacts} from './restore-facts.ts'

interface Facts {
  database: string
  target: TargetFacts
  kept: KeptDatabase | null
  now: Date
}

export interface UndoInput {
  /** What happens to the API around the swap; null: nothing. */
  api?: ApiAroundSwap | null
}

export interface UndoPlan {
  api: ApiAroundSwap | null
  summary: readonly string[]
  swap: Swap
}

export interface UndoResult {
  database: string
  /** Name that the database put aside by the undoing has now. */
  kept: string | null
  broughtBack: string
  /** How the API was after the swap; null when nothing was to be done with it. */
  api: ApiAfterSwap | null
  seconds: number
}

/** Swaps the database that the last restore put aside back in. Undoing twice is redoing. */
export const undoRestore: Change<UndoInput, Facts, UndoPlan, UndoResult> = {
  name: 'restore --undo',

  async gather(_input, ports) {
    const {database: server, databaseName: database} = await ports.runtime()
    const target = await gatherTarget(server, database)
    const [kept = null] = keptFor(database, target.databases)
    return {database, target, kept, now: ports.clock.now()}
  },

  plan({database, target, kept, now}, {api = null}) {
    if (!kept)
      throw new OperatorError('notFound', `No restore has put a database ${database} aside.`, {
        hint: 'sparkone restore --list shows what there is.',
      })
    assertServerReady(target)
    const name = target.live ? keptNameOf(database, now, new Set(target.databases.map((other) => other.name))) : null
    const swap: Swap = {
      live: database,
      incoming: kept.name,
      comment: kept.mark.comment,
      kept:
        name === null
          ? null
          : {name, mark: {kind: 'kept', of: database, at: now.toISOString(), why: 'restore --undo', comment: target.properties.comment}},
    }
    const summary = [`swap ${kept.name} (put aside at ${kept.mark.at} by ${kept.mark.why}) back in as ${database}`]
    return {api, swap, summary: name ? [...summary, `the present one stays as ${name}; sparkone restore --undo again swaps back`] : summary}
  },

  question({swap}) {
    return `Put ${swap.incoming} back as database ${swap.live}?`
  },

  async apply({swap, api}, ports) {
    const {clock, progress} = ports
    const {database: server} = await ports.runtime()
    const begin = clock.elapsed()
    let swapped = begin
    const after = await withApiAroundSwap(api, ports, async () => {
      const title = `Swap ${swap.incoming} back in as ${swap.live}`
      await progress.step(title, () => server.executeExclusively([swap.live, swap.incoming], swapSql(swap)))
      swapped = clock.elapsed()
    })
    const seconds = (swapped - begin) / 1000
    return {database: swap.live, kept: swap.kept?.name ?? null, broughtBack: swap.incoming, api: after, seconds}
  },
}
