import type {Change} from '../change.ts'
import type {ApiAfterSwap, ApiAroundSwap} from '../domain/api-around-swap.ts'
import {relationKey, type RelationName} from '../domain/inventory.ts'
import {formatDuration} from '../domain/quantity.ts'
import {readOnlyOf} from '../domain/read-only.ts'
import {assertRestorable, assertServerReady, assertSpace} from '../domain/restore-safety.ts'
import {dropRolesSql, roleScript, type RoleScript} from '../domain/role-script.ts'
import {keptNameOf, restoreReason, restoringNameOf, swapSql, type Swap} from '../domain/swap.ts'
import {selectTables} from '../domain/table-selection.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer, Ports} from '../ports.ts'
import {withApiAroundSwap} from './api-around-swap.ts'
import {makeReadOnly, makeWritable} from './read-only.ts'
import {assertProven, expectationOf, rehearse, type Expectation, type Rehearsal} from './rehearsal.ts'
import {gatherTarget, type TargetFacts} from './restore-facts.ts'
import {findSourceAt} from './restore-point.ts'
import {
  findFile,
  findSource,
  inspectFile,
  otherDatabase,
  readBackSet,
  storeOf,
  type FileContents,
  type RestoreSource,
} from './restore-source.ts'
import {readText} from './text.ts'

export interface RestoreInput {
  selector: string
  /** The selector is the path of a dump that other tools made. */
  isFile: boolean
  otherServer: boolean
  /** The only place to look for the backup in: `local`, or a target. */
  from?: string | undefined
  /** A time; the backup nearest before it is taken, and not what the selector says. */
  at?: string | undefined
  /** A new database to restore into; the live one is left as it is. */
  target?: string | undefined
  /** The only tables whose rows are restored, into a target. */
  tables?: readonly string[] | undefined
  /** Give roles that are there the passwords that they had. */
  withPasswords?: boolean
  /** What happens to the API around the swap; null: nothing. */
  api?: ApiAroundSwap | null
}

interface Facts {
  source: RestoreSource
  fileContents: FileContents | null
  /** `globals.sql` of the set; empty for a file. */
  globals: string
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
  /** Name of the live database. */
  of: string
  roles: RoleScript
  tables: readonly RelationName[] | null
  api: ApiAroundSwap | null
}

export interface RestoreResult {
  source: RestoreSource
  database: string
  /** The database that was live before, or null when there was none. */
  kept: string | null
  /** Roles that were made. */
  roles: readonly string[]
  /** How the API was after the swap; null when nothing was to be done with it. */
  api: ApiAfterSwap | null
  rehearsal: Rehearsal
  /** Age of the restored data, in seconds: what was written since is only in the kept database. Null for files. */
  recoveryPointSeconds: number | null
  seconds: {restore: number; compare: number; swap: number; total: number}
}

/** Restores into a new database, proves it there, then swaps it in with two renames in one transaction; the old one is kept. */
export const restore: Change<RestoreInput, Facts, RestorePlan, RestoreResult> = {
  name: 'restore',

  async gather(input, ports) {
    const source = await sourceOf(input, ports)
    const {database: server, databaseName: database} = await ports.runtime()
    const target = await gatherTarget(server, database)
    const fileContents = await inspect(source, ports)
    const globals = source.kind === 'set' ? await readText((await storeOf(source, ports)).read(source.set, 'globals.sql')) : ''
    return {source, fileContents, globals, target, database, shortId: ports.random.shortId(), now: ports.clock.now()}
  },

  plan(facts, input) {
    const {source, database} = facts
    const beside = input.target !== undefined
    // Beside the live database nothing of it is in the way.
    const target = beside ? {...facts.target, live: null} : facts.target
    assertServerReady(target)
    assertInput(input, facts)
    const roles = rolesToMake(facts, input)
    if (source.kind === 'set') assertRestorable(source.set.manifest, {...target, roles: [...target.roles, ...roles.created]}, input)
    else assertSpace(source.file.bytes, target.freeBytes)
    const expectation = expectationFor(facts)
    const swap = beside ? nameOnly(input.target!, facts, expectation) : swapOf(facts, expectation, input)
    const tables = input.tables && source.kind === 'set' ? selectTables(input.tables, source.set.manifest.catalogue) : null
    const api = beside ? null : (input.api ?? null)
    return {source, expectation, swap, of: database, roles, tables, api, summary: summarise(facts, {swap, roles, tables, beside})}
  },

  question({swap, source, of}) {
    return swap.live === of
      ? `Put ${source.label} in the place of database ${swap.live}?`
      : `Restore ${source.label} into a new database ${swap.live}?`
  },

  async apply({source, expectation, swap, of, roles, tables, api}, ports) {
    const {clock, progress} = ports
    const begin = clock.elapsed()
    const {database: server} = await ports.runtime()
    if (roles.script !== '') await progress.step('Make the roles', () => server.execute('postgres', roles.script))
    const rehearsal = await rehearse(
      {source, expectation, server, database: swap.incoming, of, depth: depthFor(source), tables, ...holdWrites(swap, server, ports)},
      await storeOf(source, ports),
      ports,
    )
    assertProven(rehearsal.differences, source.label)
    const proven = clock.elapsed()
    let swapped = proven
    const after = await withApiAroundSwap(api, ports, async () => {
      await progress.step(`Swap it in as ${swap.live}`, () => server.executeExclusively([swap.live, swap.incoming], swapSql(swap)))
      swapped = clock.elapsed()
    })
    const startedAt = source.kind === 'set' ? Date.parse(source.set.manifest.startedAt) : null
    return {
      source,
      database: swap.live,
      kept: swap.kept?.name ?? null,
      roles: roles.created,
      api: after,
      rehearsal,
      recoveryPointSeconds: startedAt === null ? null : (clock.now().getTime() - startedAt) / 1000,
      seconds: {...rehearsal.seconds, swap: (swapped - proven) / 1000, total: (swapped - begin) / 1000},
    }
  },

  async undo({swap, roles}, ports) {
    const {database: server} = await ports.runtime()
    // First, since the note of what is to be undone goes with the new database.
    if (swap.readOnly) await makeWritable(server, swap.live, swap.readOnly)
    await server.drop(swap.incoming)
    if (roles.created.length > 0) await server.execute('postgres', dropRolesSql(roles.created))
  },
}

function sourceOf({selector, isFile, from, at}: RestoreInput, ports: Ports): Promise<RestoreSource> {
  if (at !== undefined) return findSourceAt(at, ports, from)
  return isFile ? findFile(selector, ports) : findSource(selector, ports, {proven: true, from})
}

function assertInput({target, tables}: RestoreInput, {source, database, target: {databases}}: Facts): void {
  if (target === undefined && source.kind === 'set' && source.set.manifest.database !== database) throw otherDatabase(source.set)
  if (target !== undefined && databases.some(({name}) => name === target)) {
    throw new OperatorError('refused', `There is a database ${target} already.`, {
      hint: 'Give --target another name; nothing is ever restored into a database that exists.',
    })
  }
  if (tables === undefined) return
  if (target === undefined) {
    throw new OperatorError('usage', '--tables restores into a database beside the live one.', {hint: 'Say --target NAME, too.'})
  }
  if (source.kind === 'file') throw new OperatorError('usage', '--tables works on backups of sparkone only.')
}

/** The backup's own connection stays as it is, or the restore would lock itself out. */
function rolesToMake({globals, source, target}: Facts, {withPasswords = false}: RestoreInput): RoleScript {
  const firstRole = source.kind === 'set' ? source.set.manifest.server.superuser : null
  return roleScript(globals, target.roles, {firstRole, passwordsOf: (role) => withPasswords && role !== target.user})
}

function nameOnly(target: string, {shortId}: Facts, {properties}: Expectation): Swap {
  return {live: target, incoming: restoringNameOf(target, shortId), comment: properties.comment, kept: null}
}

function swapOf({source, target, database, now, shortId}: Facts, {properties}: Expectation, {api}: RestoreInput): Swap {
  const {comment} = target.properties
  const name = target.live ? keptNameOf(database, now, new Set(target.databases.map((each) => each.name))) : null
  const mark = {kind: 'kept' as const, of: database, at: now.toISOString(), why: restoreReason(source.label), comment}
  return {
    live: database,
    incoming: restoringNameOf(database, shortId),
    comment: properties.comment,
    kept: name === null ? null : {name, mark},
    readOnly: api?.readOnly && target.live ? readOnlyOf(target.properties.settings) : null,
  }
}

/** What was written while the backup is loaded would be in the kept database only; where that must not be, writing is refused meanwhile. */
function holdWrites({live, readOnly}: Swap, server: DatabaseServer, {progress}: Ports) {
  if (!readOnly) return {}
  return {readOnly, noted: () => progress.step(`Make database ${live} read-only`, () => makeReadOnly(server, live))}
}

async function inspect(source: RestoreSource, ports: Ports): Promise<FileContents | null> {
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
  return {
    contents: fileContents?.contents ?? {tables: [], sequences: [], largeObjects: 0},
    size: fileContents?.size ?? null,
    catalogue: null,
    properties: target.properties,
    access: null,
    majorVersion: null,
  }
}

type Decided = Pick<RestorePlan, 'swap' | 'roles' | 'tables'> & {beside: boolean}

function summarise({source, target, database, now}: Facts, {swap, roles, tables, beside}: Decided): string[] {
  const age = source.kind === 'set' ? `, taken ${formatDuration(now.getTime() - Date.parse(source.set.manifest.startedAt))} ago` : ''
  const what = tables ? `tables ${tables.map(relationKey).join(', ')} of ${source.label}` : source.label
  return [
    ...(roles.created.length > 0 ? [`make the roles ${roles.created.join(', ')} as the backup has them`] : []),
    ...(roles.changed.length > 0 ? [`give the roles ${roles.changed.join(', ')} the passwords of the backup`] : []),
    ...(swap.readOnly ? [`make database ${swap.live} read-only until the swap, and end its sessions`] : []),
    `restore ${what}${age} into a new database and compare every table`,
    ...(tables ? ['the other tables are made, and stay empty'] : []),
    ...(beside ? [`name it ${swap.live}; ${database} is left as it is`] : swapLines(swap, target.live?.tables ?? 0)),
  ]
}

function swapLines({live, kept}: Swap, tables: number): string[] {
  if (!kept) return [`name it ${live}; there is none yet`]
  return [`swap it in as ${live}; the present one (${tables} tables) stays as ${kept.name}`, 'sparkone restore --undo swaps back']
}
