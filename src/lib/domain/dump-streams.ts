import {OperatorError} from '../errors.ts'
import type {MemberName} from './backup-set.ts'
import {relationKey, type DumpContents, type RelationName} from './inventory.ts'

/** How a dump was written: by how many processes at once, all of one snapshot, and why that many. */
export interface Dumping {
  jobs: number
  why: string
}

/** As the manifest has it. */
export interface RecordedDumping extends Dumping {
  /** Members that hold the rows of some tables, which the dump itself defines only. */
  rows: readonly {member: MemberName; tables: readonly RelationName[]}[]
}

export interface TableWeight extends RelationName {
  /** With its large values, without its indexes. */
  bytes: number
}

/** What decides by how many processes a database is dumped. */
export interface DumpWeights {
  /** Ordinary tables, without those of extensions. */
  tables: readonly TableWeight[]
  largeObjectBytes: number
  /** Where `pg_dump` runs. */
  processors: number
  /** Connections that the server has left for others. */
  freeConnections: number
}

export interface DumpPlan extends Dumping {
  /** The tables whose rows go into a member of their own, a list for each member. */
  apart: readonly (readonly RelationName[])[]
}

/** Most members with rows that a set can have. */
const mostApart = 15

/** Below this a single process is through in some ten seconds. */
export const largeDatabaseBytes = 1024 ** 3
/** Smaller tables stay together: each that goes apart is named to `pg_dump`, twice. */
const largeTableBytes = 64 * 1024 ** 2
/** Beyond this the single process that reads back and hashes is what all of them wait for. */
const mostUnasked = 4
/** Processors that one stream keeps busy: the server writes rows, `pg_dump` compresses, `pg_restore` reads back. */
const processorsOfStream = 2
/** Connections that stay for the applications, as in a restore. */
const connectionsLeft = 10
const mostTablesApart = 500
/** What is gained below that is not worth more members. */
const worthwhileShare = 0.85
/** In another encoding than the server's a pattern would miss its table. */
const plainName = /^[\x20-\x7e]+$/

export const oneStream = (why: string): DumpPlan => ({jobs: 1, why, apart: []})

/**
 * Returns how a database is dumped. One process is enough for a small one, for one that is mostly a single table, and where processors or connections
 * are few. `chosen` is what the configuration says, or null; it is never exceeded.
 */
export function planDump(weights: DumpWeights, chosen: number | null): DumpPlan {
  if (chosen === 1) return oneStream('backup.jobs is 1')
  const total = weights.largeObjectBytes + sum(weights.tables)
  if (chosen === null && total < largeDatabaseBytes) return oneStream('the database is small')
  const {jobs, why} = jobsFor(weights, chosen)
  if (jobs < 2) return oneStream(why)
  const {apart, largest} = divide(weights, {jobs, leastBytes: chosen === null ? largeTableBytes : 1})
  if (chosen === null && largest > total * worthwhileShare) return oneStream('most of the database is one table')
  return {jobs: 1 + apart.length, why, apart}
}

/** Returns what all members hold together; the sequences and large objects of the dump itself. Throws `corrupt` where a table lies in two of them. */
export function joinContents(dump: DumpContents, rows: readonly DumpContents[]): DumpContents {
  const tables = [dump, ...rows].flatMap((contents) => contents.tables)
  const keys = new Set<string>()
  for (const key of tables.map(relationKey)) {
    if (keys.has(key)) throw new OperatorError('corrupt', `The rows of ${key} were dumped twice.`, {hint: 'Set backup.jobs to 1.'})
    keys.add(key)
  }
  return {...dump, tables}
}

function jobsFor({processors, freeConnections}: DumpWeights, chosen: number | null): Dumping {
  const wanted = Math.min(chosen ?? Math.min(mostUnasked, Math.floor(processors / processorsOfStream)), mostApart + 1)
  const connections = freeConnections - connectionsLeft
  if (connections < wanted) return {jobs: connections, why: `the server has ${Math.max(0, freeConnections)} connections left`}
  return {jobs: wanted, why: chosen === null ? `${processors} processors` : `backup.jobs is ${chosen}`}
}

/** The largest table first, each to the stream that has least so far; the first stream is the dump itself, which has all the rest. */
function divide(
  {tables, largeObjectBytes}: DumpWeights,
  {jobs, leastBytes}: {jobs: number; leastBytes: number},
): {apart: RelationName[][]; largest: number} {
  const movable = tables
    .filter(({schema, name, bytes}) => bytes >= leastBytes && plainName.test(schema) && plainName.test(name))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, mostTablesApart)
  const streams = Array.from({length: jobs}, () => ({bytes: 0, tables: [] as RelationName[]}))
  streams[0]!.bytes = largeObjectBytes + sum(tables) - sum(movable)
  for (const {schema, name, bytes} of movable) {
    const lightest = streams.reduce((least, stream) => (stream.bytes < least.bytes ? stream : least))
    lightest.bytes += bytes
    lightest.tables.push({schema, name})
  }
  const [, ...apart] = streams.map((stream) => stream.tables)
  return {apart: apart.filter((stream) => stream.length > 0), largest: Math.max(...streams.map(({bytes}) => bytes))}
}

function sum(tables: readonly TableWeight[]): number {
  return tables.reduce((total, {bytes}) => total + bytes, 0)
}
