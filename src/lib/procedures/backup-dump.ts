import type {Member} from '../domain/backup-set.ts'
import {missingTables} from '../domain/database-sql.ts'
import {dumpMemberName, rowsMemberName} from '../domain/dump-member.ts'
import {joinContents, type DumpPlan, type RecordedDumping} from '../domain/dump-streams.ts'
import {relationKey, type DumpContents} from '../domain/inventory.ts'
import {newestRowHash} from '../domain/row-hash.ts'
import {SqlDumpReader} from '../domain/sql-dump.ts'
import {OperatorError} from '../errors.ts'
import type {Bytes, DatabaseServer, Dump, Ports, SetDraft, Snapshot} from '../ports.ts'
import {meterOf} from './metered.ts'

/** A dump that is stored, and may still be being read back. */
export interface WrittenDump {
  snapshot: Omit<Snapshot, keyof AsyncDisposable>
  members: readonly Member[]
  program: Awaited<ReturnType<Dump['program']>>
  dumping: RecordedDumping
  /** Known when what is stored was read to its end. */
  contents: Promise<DumpContents>
}

/**
 * Writes a dump into a set, by several processes where that was planned, and begins to read back what is stored of it. Throws what dumping or
 * reading fails with.
 */
export async function writeDump(
  draft: SetDraft,
  {database, foretoldBytes, streams}: {database: string; foretoldBytes: number | null; streams: DumpPlan},
  {progress, clock}: Ports,
  server: DatabaseServer,
): Promise<WrittenDump> {
  const {jobs, why, apart} = streams
  await using snapshot = await server.snapshot(database, apart.flat())
  const together = new Together()
  const {signal} = together
  const dump = server.dump(database, snapshot.id, {signal, rows: {kind: 'without', tables: apart.flat()}})
  const rows = apart.map((tables) => server.dump(database, snapshot.id, {signal, rows: {kind: 'only', tables}}))
  const program = await dump.program()
  const rowsNames = apart.map((_, index) => rowsMemberName(index + 1, program.compression))
  const names = [dumpMemberName(program.compression), ...rowsNames]
  const contents = joined(names.map((name) => together.or(readBack(draft.readBehind(name), server))))
  const title = `Dump database ${database}${jobs > 1 ? ` by ${jobs} processes` : ''}`
  const members = await progress.step(title, (report) => {
    const meter = meterOf({clock, report, total: foretoldBytes})
    const write = ({bytes}: Dump, index: number) => draft.write(names[index]!, meter(together.whileWell(bytes)))
    return together.all([dump, ...rows].map(write))
  })
  const dumping = {jobs, why, rows: rowsNames.map((member, index) => ({member, tables: apart[index]!}))}
  return {snapshot, members, program, dumping, contents}
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

/** Work that is worth nothing unless all of it succeeds: what fails first ends the rest, and is what all of it fails with. */
class Together {
  readonly #stop = new AbortController()
  #failure: {error: unknown} | null = null

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Returns what the work returns. Throws the first failure of all. */
  async or<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      this.#failure ??= {error}
      this.#stop.abort()
      throw this.#failure.error
    }
  }

  /** Returns what each returns, once none is under way any more. Throws the first failure of all. */
  async all<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
    const watched = works.map((work) => this.or(work))
    await Promise.allSettled(watched)
    return Promise.all(watched)
  }

  /** Ends a dump that cannot be read back: nothing would come of the hours that it may still take. */
  async *whileWell(bytes: Bytes): Bytes {
    for await (const chunk of bytes) {
      if (this.#failure) throw this.#failure.error
      yield chunk
    }
  }
}

/** Returns what several members hold together. A failure waits for whoever asks. */
function joined(readings: readonly Promise<DumpContents>[]): Promise<DumpContents> {
  const contents = Promise.all(readings).then(([dump, ...rows]) => joinContents(dump!, rows))
  contents.catch(() => undefined)
  return contents
}

async function readBack(bytes: Bytes, server: DatabaseServer): Promise<DumpContents> {
  const stored = bytes[Symbol.asyncIterator]()
  const reader = new SqlDumpReader({hash: newestRowHash})
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
