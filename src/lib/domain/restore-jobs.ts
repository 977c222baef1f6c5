/** How an archive was loaded: by how many processes at once, and why that many. */
export interface Loading {
  jobs: number
  why: string
}

/** What decides how many processes load an archive; null is what cannot be known. */
export interface LoadingFacts {
  /** Bytes of the archive as `pg_restore` reads it. */
  archiveBytes: number | null
  /** Bytes of the database that comes out of it. */
  restoredBytes: number | null
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
  const {archiveBytes, chosen} = facts
  if (chosen === 1) return {jobs: 1, why: 'restore.jobs is 1'}
  if (archiveBytes === null) return {jobs: 1, why: 'how large the archive is cannot be known'}
  if (chosen === null && archiveBytes < smallBytes) return {jobs: 1, why: 'the archive is small'}
  const {jobs, why} = jobsFor(facts)
  if (jobs < 2) return {jobs: 1, why}
  return hasRoom(facts, archiveBytes) ? {jobs, why} : {jobs: 1, why: 'there is no room to lay the archive down beside the server'}
}

function jobsFor({processors, share, freeConnections, chosen}: LoadingFacts): Loading {
  const connections = freeConnections - connectionsLeft
  const wanted = chosen ?? Math.min(mostUnasked, Math.floor(processors * share))
  if (connections < wanted) return {jobs: connections, why: `the server has ${Math.max(0, freeConnections)} connections left`}
  return {jobs: wanted, why: chosen === null ? `${processors} processors` : `restore.jobs is ${chosen}`}
}

function hasRoom({freeBytes, restoredBytes}: LoadingFacts, archiveBytes: number): boolean {
  return freeBytes !== null && freeBytes >= (archiveBytes + (restoredBytes ?? 0)) * spaceMargin
}
