import {indexMemoryOf} from '../../domain/index-memory.ts'
import {decideLoading, type Loading} from '../../domain/restore-jobs.ts'
import type {ArchivePart, Bytes, DatabaseServer, Dump, DumpOptions, RestoreArchiveOptions} from '../../ports.ts'
import {inTurns} from '../turns.ts'
import {dumpArgv, restoreArgv} from './argv.ts'
import {dumpCompression} from './compression.ts'
import {explained, explainPostgres} from './explain.ts'
import {compressed, plainArchive} from './plain-archive.ts'
import type {PostgresOptions} from './server.ts'
import {measureStaging, withStagedArchive} from './staged-archive.ts'
import {freeConnections} from './weigh.ts'

const standardLockWait = 60_000

/** Returns a dump that begins when its bytes are asked for, compressed around where `pg_dump` cannot do it well. */
export function dumpOf(
  options: PostgresOptions,
  {database, snapshotId, rows, signal: alone}: DumpOptions & {database: string; snapshotId: string},
): Dump {
  const {executor, programs, connection, nice, ionice, lockWaitMilliseconds = standardLockWait} = options
  const signal = alone ? AbortSignal.any([alone, options.signal]) : options.signal
  const version = async () => (await executor.run([`${programs}pg_dump`, '--version'], {signal})).trim()
  const archive = async function* (compression: string): Bytes {
    const argv = dumpArgv(programs, database, {snapshotId, compression, lockWaitMilliseconds, ...(rows && {rows})})
    const program = executor.start(argv, {environment: connection, signal, nice, ionice})
    yield* program.stdout
    await program.done
  }
  const bytes = async function* (): Bytes {
    const {argument, outside} = dumpCompression(await version())
    yield* outside ? compressed(archive(argument)) : archive(argument)
  }
  const program = async () => {
    const text = await version()
    return {version: text, compression: dumpCompression(text).name}
  }
  return {bytes: explained(bytes(), `Dumping database ${database}`), program}
}

/** Returns the data section of an archive as SQL. */
export function dataOf({executor, programs, signal, nice, ionice}: PostgresOptions, archive: Bytes): Bytes {
  const bytes = async function* (): Bytes {
    const input = plainArchive(archive)
    const program = executor.start([`${programs}pg_restore`, '--data-only', '--file=-'], {input, signal, nice, ionice})
    yield* program.stdout
    await program.done
  }
  return explained(bytes(), 'Reading the archive')
}

/** Loads an archive into a database, by several processes where it is large and there is room for it beside the server. Returns how it was done. */
export async function loadArchive(
  given: PostgresOptions,
  server: Pick<DatabaseServer, 'query'>,
  {database, open, parts = [], rows = [], size, onLoading}: RestoreArchiveOptions & {database: string; open: () => Bytes},
): Promise<Loading> {
  const {executor, signal, staging} = given
  const prefix = (await staging?.prefix()) ?? ''
  const loading = size ? await decide(given, server, {prefix, size}) : streamed
  const options = await withIndexMemory(given, loading.jobs)
  const loadPart = (part: ArchivePart | undefined, path?: string) =>
    path === undefined
      ? runRestore(options, {database, part}, plainArchive(open()))
      : runRestore(options, {database, part, staged: {path, jobs: loading.jobs}})
  const loadAll = async (path?: string) => {
    onLoading?.(loading)
    if (rows.length === 0) {
      for (const part of parts.length === 0 ? [undefined] : parts) await loadPart(part, path)
      return
    }
    await loadPart({kind: 'definitions'}, path)
    await loadRows(options, {database, rows, jobs: loading.jobs})
    await loadPart({kind: 'rest'}, path)
  }
  if (loading.jobs === 1) await loadAll()
  else await withStagedArchive({executor, prefix, signal}, plainArchive(open()), loadAll)
  return loading
}

/** Only the sessions of the restore get it, and never those of a live server, whose memory others have a claim to. */
async function withIndexMemory(options: PostgresOptions, jobs: number): Promise<PostgresOptions> {
  const memory = await options.indexMemory?.()
  if (!memory) return options
  const setting = `-c maintenance_work_mem=${Math.floor(indexMemoryOf(memory, jobs) / 1024)}kB`
  return {...options, connection: {...options.connection, PGOPTIONS: `${options.connection.PGOPTIONS ?? ''} ${setting}`.trim()}}
}

/** Loads archives of nothing but rows, several at once; where one fails, the others end too. */
async function loadRows(
  options: PostgresOptions,
  {database, rows, jobs}: {database: string; rows: readonly (() => Bytes)[]; jobs: number},
): Promise<void> {
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, options.signal])
  await inTurns(rows, jobs, async (open) => {
    try {
      await runRestore({...options, signal}, {database, part: undefined}, plainArchive(open()))
    } catch (error) {
      failed.abort()
      throw error
    }
  })
}

type Pass = {database: string; part: ArchivePart | undefined; staged?: {path: string; jobs: number}}

async function runRestore(
  {executor, programs, connection, signal, tablespaces}: PostgresOptions,
  {database, part, staged}: Pass,
  input?: Bytes,
): Promise<void> {
  const argv = restoreArgv(programs, database, {tablespaces, part, ...(staged && {staged})})
  try {
    await executor.run(argv, {...(input && {input}), environment: connection, signal})
  } catch (error) {
    throw explainPostgres(error, `Restoring into database ${database}`)
  }
}

const streamed: Loading = {jobs: 1, why: 'it is read as it streams by'}

/** Asks nothing of a server whose archive is too small for it to matter. */
async function decide(
  {executor, signal, staging}: PostgresOptions,
  server: Pick<DatabaseServer, 'query'>,
  {prefix, size}: {prefix: string; size: NonNullable<RestoreArchiveOptions['size']>},
): Promise<Loading> {
  if (!staging) return {jobs: 1, why: 'there is no place to lay the archive down'}
  const chosen = {...size, share: staging.share, chosen: staging.jobs}
  const best = decideLoading({...chosen, freeBytes: Infinity, processors: Infinity, freeConnections: Infinity})
  if (best.jobs === 1) return best
  const {freeBytes, processors} = await measureStaging(executor, prefix, signal)
  const usable = Math.min(processors, staging.processors ?? Infinity)
  return decideLoading({...chosen, freeBytes, processors: usable, freeConnections: await freeConnections(server)})
}
