import type {DumpWeights, TableWeight} from '../../domain/dump-streams.ts'
import type {DatabaseServer} from '../../ports.ts'
import type {Executor} from '../process/executor.ts'
import {notOfExtension, userSchema} from './catalogue-sql.ts'

const weightsSql = `SELECT pg_table_size('pg_largeobject') AS "largeObjectBytes", (
  SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname, 'bytes', pg_table_size(c.oid))), '[]')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 'c.oid')}) AS tables`

const freeConnectionsSql = `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS free`

/** Returns how large the tables of a database are, and what there is to dump them with. Throws what asking throws. */
export async function weigh(
  server: Pick<DatabaseServer, 'query'>,
  {database, executor, signal}: {database: string; executor: Executor; signal: AbortSignal},
): Promise<DumpWeights> {
  const [row] = await server.query<{largeObjectBytes: number; tables: TableWeight[]}>(database, weightsSql)
  const text = await executor.run(['sh', '-c', countProcessors], {signal})
  return {...row!, processors: Number(text) || 1, freeConnections: await freeConnections(server)}
}

/** Prints the processors that a program may use where it runs. */
export const countProcessors = 'nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1'

/** Returns the connections that the server has left for others than superusers. */
export async function freeConnections(server: Pick<DatabaseServer, 'query'>): Promise<number> {
  const [row] = await server.query<{free: number}>('postgres', freeConnectionsSql)
  return row?.free ?? 0
}
