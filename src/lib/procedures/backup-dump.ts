import type {Member} from '../domain/backup-set.ts'
import {missingTables} from '../domain/database-sql.ts'
import {dumpMemberName} from '../domain/dump-member.ts'
import {relationKey, type DumpContents} from '../domain/inventory.ts'
import {SqlDumpReader} from '../domain/sql-dump.ts'
import {OperatorError} from '../errors.ts'
import type {Bytes, DatabaseServer, Dump, Ports, SetDraft, Snapshot} from '../ports.ts'
import {metered} from './metered.ts'

/** A dump that is stored, and may still be being read back. */
export interface WrittenDump {
  snapshot: Omit<Snapshot, keyof AsyncDisposable>
  member: Member
  program: Awaited<ReturnType<Dump['program']>>
  reading: Reading
}

interface Reading {
  contents: Promise<DumpContents>
  /** Null as long as all is well. */
  failure: {error: unknown} | null
}

/** Writes a dump into a set, and begins to read back what is stored of it. Throws what dumping or reading fails with. */
export async function writeDump(
  draft: SetDraft,
  {database, foretoldBytes}: {database: string; foretoldBytes: number | null},
  {progress, clock}: Ports,
  server: DatabaseServer,
): Promise<WrittenDump> {
  await using snapshot = await server.snapshot(database)
  const dump = server.dump(database, snapshot.id)
  const program = await dump.program()
  const name = dumpMemberName(program.compression)
  const reading = readAlong(draft.readBehind(name), server)
  const title = `Dump database ${database}`
  const member = await progress.step(title, (report) =>
    draft.write(name, metered(whileReadable(dump.bytes, reading), {clock, report, total: foretoldBytes})),
  )
  return {snapshot, member, program, reading}
}

/** Throws `corrupt` where a dump lacks a table that its own snapshot has. */
export function assertComplete(snapshot: Pick<Snapshot, 'catalogue'>, contents: DumpContents): void {
  const missing = missingTables(snapshot.catalogue.tables, contents)
  if (missing.length === 0) return
  const details = missing.map(relationKey)
  throw new OperatorError('corrupt', `The dump lacks ${missing.length} of ${snapshot.catalogue.tables.length} tables.`, {
    details,
    hint: 'Run sparkone backup again.',
  })
}

/** Reads what is stored of the dump while it is being written, so that both are through at nearly the same time. */
function readAlong(stored: Bytes, server: DatabaseServer): Reading {
  const contents = readBack(stored, server)
  const reading: Reading = {contents, failure: null}
  contents.catch((error: unknown) => void (reading.failure = {error}))
  return reading
}

/** Ends a dump that cannot be read back: nothing would come of the hours that it may still take. */
async function* whileReadable(bytes: Bytes, reading: Reading): Bytes {
  for await (const chunk of bytes) {
    if (reading.failure) throw reading.failure.error
    yield chunk
  }
}

async function readBack(bytes: Bytes, server: DatabaseServer): Promise<DumpContents> {
  const stored = bytes[Symbol.asyncIterator]()
  const reader = new SqlDumpReader({hashes: true})
  try {
    for await (const chunk of server.archiveData({[Symbol.asyncIterator]: () => ({next: () => stored.next()})})) reader.push(chunk)
    // pg_restore ends with the last row, and only the end of the file tells whether it is the one that was written.
    while (!(await stored.next()).done);
  } finally {
    // Closes the file where reading ended early. Not waited for: more of the file may have to come first.
    void stored.return?.().catch(() => undefined)
  }
  const {contents, closed} = reader.end()
  if (!closed) throw new OperatorError('corrupt', 'The dump ends in the middle of a table.', {hint: 'Run sparkone backup again.'})
  return contents
}
