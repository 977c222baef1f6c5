import {abandonedRestores, databasesSql, type NamedDatabase} from '../domain/swap.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, Runtime} from '../ports.ts'

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
  const abandoned = await findAbandoned(runtime)
  for (const name of abandoned) await runtime.database.drop(name)
  return abandoned.map((name) => `dropped database ${name}, left by a restore that did not finish`)
}

async function findAbandoned({database, databaseName}: Runtime): Promise<string[]> {
  try {
    return abandonedRestores(databaseName, await database.query<NamedDatabase>('postgres', databasesSql))
  } catch (error) {
    // A server that is down holds no debris that could be in the way; the run itself says what is wrong with it.
    if (error instanceof OperatorError && ['unreachable', 'denied', 'notFound'].includes(error.kind)) return []
    throw error
  }
}
