/** How an archive was loaded: by how many processes at once, and why that many. */
export interface Loading {
  jobs: number
  why: string
}

/** How large an archive is, and what is loaded of it; null is what cannot be known. */
export interface ArchiveSize {
  /** Bytes of the archive as `pg_restore` reads it. */
  archiveBytes: number | null
  /** Bytes of the database that comes out of it. */
  restoredBytes: number | null
  /** Where only some tables are loaded: the bytes of the archive that they are about, and how many tables. */
  part?: {bytes: number; tables: number}
}

/** What decides how many processes load an archive; null is what cannot be known. */
export interface LoadingFacts extends ArchiveSize {
  /** Free bytes where the archive would be laid down; null where nothing can be written. */
  freeBytes: number | null
  processors: number
  /** Connections that the server has left for others. */
  freeConnections: number
  /** Part of the processors that a restore may take, from 0 to 1. */
  share: number
  /** What the configuration says; null where it says nothing. */
  chosen: number | null
}

/** Below this an archive is loaded before it would be laid down: the demo's 10 MB take two seconds, most of them for the start. */
const smallBytes = 64 * 1024 ** 2
/** More wait for each other's disk and log more than they help. */
const mostUnasked = 8
/** Connections that stay for the applications of a server which goes on serving. */
const connectionsLeft = 10
const spaceMargin = 1.1

/**
 * Returns how many processes load an archive. Several need it as a file beside the server, so there has to be room for that and for the database; a
 * single one reads it as it streams by. What is chosen is never exceeded, and is not reached where the room is not there.
 */
export function decideLoading(facts: LoadingFacts): Loading {
  const alone = reasonForOne(facts)
  if (alone !== null) return {jobs: 1, why: alone}
  const {jobs, why} = jobsFor(facts)
  if (jobs < 2) return {jobs: 1, why}
  return hasRoom(facts) ? {jobs, why} : {jobs: 1, why: 'there is no room to lay the archive down beside the server'}
}

/** Returns the size with only some tables in mind. Nobody has weighed them: a part of the rows stands for the same part of the bytes. */
export function sizeOfPart({archiveBytes, restoredBytes}: ArchiveSize, part: {rows: number; of: number; tables: number}): ArchiveSize {
  const share = part.of === 0 ? 0 : part.rows / part.of
  const bytes = (archiveBytes ?? 0) * share
  return {archiveBytes, restoredBytes: restoredBytes === null ? null : restoredBytes * share, part: {bytes, tables: part.tables}}
}

/** What speaks for one process whatever the machine is like; null where nothing does. */
function reasonForOne({archiveBytes, part, chosen}: LoadingFacts): string | null {
  if (chosen === 1) return 'restore.jobs is 1'
  if (archiveBytes === null) return 'how large the archive is cannot be known'
  if (part && part.tables < 2) return 'a table is loaded by one process'
  if (chosen !== null || (part?.bytes ?? archiveBytes) >= smallBytes) return null
  return part ? 'the tables are small' : 'the archive is small'
}

function jobsFor({processors, share, freeConnections, chosen, part}: LoadingFacts): Loading {
  const connections = freeConnections - connectionsLeft
  const wanted = Math.min(part?.tables ?? Infinity, chosen ?? Math.min(mostUnasked, Math.floor(processors * share)))
  if (connections < wanted) return {jobs: connections, why: `the server has ${Math.max(0, freeConnections)} connections left`}
  return {jobs: wanted, why: chosen === null ? `${processors} processors` : `restore.jobs is ${chosen}`}
}

function hasRoom({freeBytes, archiveBytes, restoredBytes}: LoadingFacts): boolean {
  return freeBytes !== null && freeBytes >= ((archiveBytes ?? 0) + (restoredBytes ?? 0)) * spaceMargin
}
