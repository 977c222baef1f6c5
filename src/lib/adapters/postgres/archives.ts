import {decideLoading, type Loading} from '../../domain/restore-jobs.ts'
import type {Bytes, DatabaseServer, Dump, RestoreArchiveOptions} from '../../ports.ts'
import {dumpArgv, restoreArgv} from './argv.ts'
import {dumpCompression} from './compression.ts'
import {explained, explainPostgres} from './explain.ts'
import {compressed, plainArchive} from './plain-archive.ts'
import type {PostgresOptions} from './server.ts'
import {measureStaging, withStagedArchive} from './staged-archive.ts'

const standardLockWait = 60_000

/** Returns a dump that begins when its bytes are asked for, compressed around where `pg_dump` cannot do it well. */
export function dumpOf(options: PostgresOptions, database: string, snapshotId: string): Dump {
  const {executor, programs, connection, signal, nice, ionice, lockWaitMilliseconds = standardLockWait} = options
  const version = async () => (await executor.run([`${programs}pg_dump`, '--version'], {signal})).trim()
  const archive = async function* (compression: string): Bytes {
    const argv = dumpArgv(programs, database, {snapshotId, compression, lockWaitMilliseconds})
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
  options: PostgresOptions,
  server: Pick<DatabaseServer, 'query'>,
  {database, archive, part, size, onLoading}: RestoreArchiveOptions & {database: string; archive: Bytes},
): Promise<Loading> {
  const {executor, programs, connection, signal, tablespaces, staging} = options
  const run = (staged: {path: string; jobs: number} | undefined, input: Bytes | undefined) =>
    executor
      .run(restoreArgv(programs, database, {tablespaces, part, ...(staged && {staged})}), {
        ...(input && {input}),
        environment: connection,
        signal,
      })
      .catch((error: unknown) => {
        throw explainPostgres(error, `Restoring into database ${database}`)
      })
  const prefix = (await staging?.prefix()) ?? ''
  const loading = part || !size ? streamed : await decide(options, server, {prefix, size})
  if (loading.jobs === 1) {
    onLoading?.(loading)
    await run(undefined, plainArchive(archive))
    return loading
  }
  await withStagedArchive({executor, prefix, signal}, plainArchive(archive), async (path) => {
    onLoading?.(loading)
    await run({path, jobs: loading.jobs}, undefined)
  })
  return loading
}

const streamed: Loading = {jobs: 1, why: 'a part of it is read as it streams by'}

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
  const [row] = await server.query<{free: number}>('postgres', freeConnectionsSql)
  const {freeBytes, processors} = await measureStaging(executor, prefix, signal)
  const usable = Math.min(processors, staging.processors ?? Infinity)
  return decideLoading({...chosen, freeBytes, processors: usable, freeConnections: row?.free ?? 0})
}

const freeConnectionsSql = `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS free`
