import type {ReadOnly} from '../domain/read-only.ts'
import {abandonedRestores, databasesSql, leftReadOnly, type NamedDatabase} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, Runtime} from '../ports.ts'
import {makeWritable} from './read-only.ts'

/** Removes what runs that died left behind and returns a line for each. Call only while holding the lock. */
export async function sweep(ports: Pick<Ports, 'store' | 'runtime'>): Promise<string[]> {
  const unfinished = await sweepBackups(ports)
  const runtime = await ports.runtime()
  return [...unfinished, ...(await runtime.sweep()), ...(await sweepDatabases(runtime))]
}

/** The same for the folder of backups alone, which asks nothing of the services. */
export async function sweepBackups(ports: Pick<Ports, 'store'>): Promise<string[]> {
  return (await ports.store()).sweep()
}

async function sweepDatabases(runtime: Runtime): Promise<string[]> {
  const {database, databaseName} = runtime
  const {abandoned, readOnly} = await findAbandoned(runtime)
  // First, since the note of what is to be undone goes with the database that holds it.
  if (readOnly) await makeWritable(database, databaseName, readOnly)
  for (const name of abandoned) await database.drop(name)
  const lines = abandoned.map((name) => `dropped database ${name}, left by a restore that did not finish`)
  return readOnly
    ? [`made database ${databaseName} writable again, which a restore that did not finish had made read-only`, ...lines]
    : lines
}

interface Abandoned {
  abandoned: readonly string[]
  readOnly: ReadOnly | null
}

async function findAbandoned({database, databaseName}: Runtime): Promise<Abandoned> {
  try {
    const databases = await database.query<NamedDatabase>('postgres', databasesSql)
    return {abandoned: abandonedRestores(databaseName, databases), readOnly: leftReadOnly(databaseName, databases)}
  } catch (error) {
    // A server that is down holds no debris that could be in the way; the run itself says what is wrong with it.
    if (error instanceof OperatorError && ['unreachable', 'denied', 'notFound'].includes(error.kind)) return {abandoned: [], readOnly: null}
    throw error
  }
}
