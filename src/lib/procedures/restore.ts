import type {Change} from '../change.ts'
import type {DumpContents} from '../domain/inventory.ts'
import {formatDuration} from '../domain/quantity.ts'
import {assertRestorable, assertServerReady, assertSpace} from '../domain/restore-safety.ts'
import {keptNameOf, restoringNameOf, swapSql, type Swap} from '../domain/swap.ts'
import type {Ports} from '../ports.ts'
import {assertProven, expectationOf, rehearse, type Expectation, type Rehearsal} from './rehearsal.ts'
import {gatherTarget, type TargetFacts} from './restore-facts.ts'
import {findFile, findSource, inspectFile, readBackSet, storeOf, type RestoreSource} from './restore-source.ts'

export interface RestoreInput {
  selector: string
  /** The selector is the path of a dump that other tools made. */
  isFile: boolean
  otherServer: boolean
  /** The only place to look for the backup in: `local`, or a target. */
  from?: string | undefined
}

interface Facts {
  source: RestoreSource
  fileContents: DumpContents | null
  target: TargetFacts
  database: string
  shortId: string
  now: Date
}

export interface RestorePlan {
  summary: readonly string[]
  source: RestoreSource
  expectation: Expectation
  swap: Swap
}

export interface RestoreResult {
  source: RestoreSource
  database: string
  /** The database that was live before, or null when there was none. */
  kept: string | null
  rehearsal: Rehearsal
  /** Age of the restored data, in seconds: what was written since is only in the kept database. Null for files. */
  recoveryPointSeconds: number | null
  seconds: {restore: number; compare: number; swap: number; total: number}
}

/** Restores into a new database, proves it there, then swaps it in with two renames in one transaction; the old one is kept. */
export const restore: Change<RestoreInput, Facts, RestorePlan, RestoreResult> = {
  name: 'restore',

  async gather({selector, isFile, from}, ports) {
    const source = await (isFile ? findFile(selector, ports) : findSource(selector, ports, {proven: true, from}))
    const {database: server, databaseName: database} = await ports.runtime()
    const target = await gatherTarget(server, database)
    const fileContents = await inspect(source, ports)
    return {source, fileContents, target, database, shortId: ports.random.shortId(), now: ports.clock.now()}
  },

  plan(facts, {otherServer}) {
    const {source, target, database, now, shortId} = facts
    assertServerReady(target)
    if (source.kind === 'set') assertRestorable(source.set.manifest, target, {otherServer})
    else assertSpace(source.file.bytes, target.freeBytes)
    const taken = new Set(target.databases.map(({name}) => name))
    const kept = target.live ? keptNameOf(database, now, taken) : null
    const swap: Swap = {
      live: database,
      incoming: restoringNameOf(database, shortId),
      comment: expectationFor(facts).properties.comment,
      kept:
        kept === null
          ? null
          : {
              name: kept,
              mark: {
                kind: 'kept',
                of: database,
                at: now.toISOString(),
                why: `restore of ${source.label}`,
                comment: target.properties.comment,
              },
            },
    }
    return {source, expectation: expectationFor(facts), swap, summary: summarise(facts, kept)}
  },

  question({swap, source}) {
    return `Put ${source.label} in the place of database ${swap.live}?`
  },

  async apply({source, expectation, swap}, ports) {
    const {clock, progress} = ports
    const begin = clock.elapsed()
    const {database: server} = await ports.runtime()
    const rehearsal = await rehearse({source, expectation, server, database: swap.incoming, of: swap.live, depth: depthFor(source)}, await storeOf(source, ports), ports)
    assertProven(rehearsal.differences, source.label)
    const proven = clock.elapsed()
    await progress.step(`Swap it in as ${swap.live}`, () => server.executeExclusively([swap.live, swap.incoming], swapSql(swap)))
    const swapped = clock.elapsed()
    const startedAt = source.kind === 'set' ? Date.parse(source.set.manifest.startedAt) : null
    return {
      source,
      database: swap.live,
      kept: swap.kept?.name ?? null,
      rehearsal,
      recoveryPointSeconds: startedAt === null ? null : (clock.now().getTime() - startedAt) / 1000,
      seconds: {...rehearsal.seconds, swap: (swapped - proven) / 1000, total: (swapped - begin) / 1000},
    }
  },

  async undo({swap}, ports) {
    await (await ports.runtime()).database.drop(swap.incoming)
  },
}

async function inspect(source: RestoreSource, ports: Ports): Promise<DumpContents | null> {
  const {database: server} = await ports.runtime()
  const store = await storeOf(source, ports)
  return ports.progress.step(`Read ${source.label} to its end`, async () => {
    if (source.kind === 'file') return inspectFile(source.file, server)
    await readBackSet(source.set, store)
    return null
  })
}

/** A set that is proven was compared by its contents already, and every second counts until the swap. */
function depthFor(source: RestoreSource): 'rows' | 'contents' {
  return source.kind === 'set' && source.set.proof?.passed && source.set.proof.depth?.hashed ? 'rows' : 'contents'
}

function expectationFor({source, fileContents, target}: Facts): Expectation {
  if (source.kind === 'set') return expectationOf(source.set.manifest)
  return {contents: fileContents ?? {tables: [], sequences: [], largeObjects: 0}, catalogue: null, properties: target.properties, access: null, majorVersion: null}
}

function summarise({source, target, database, now}: Facts, kept: string | null): string[] {
  const age = source.kind === 'set' ? `, taken ${formatDuration(now.getTime() - Date.parse(source.set.manifest.startedAt))} ago` : ''
  return [
    `restore ${source.label}${age} into a new database and compare every table`,
    kept
      ? `swap it in as ${database}; the present one (${target.live?.tables ?? 0} tables) stays as ${kept}`
      : `name it ${database}; there is none yet`,
    ...(kept ? ['sparkone restore --undo swaps back'] : []),
  ]
}
