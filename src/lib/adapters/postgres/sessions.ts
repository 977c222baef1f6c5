import {createHash} from 'node:crypto'
import {hostname} from 'node:os'
import {quoteLiteral} from '../../domain/identifier.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock, DatabaseServer} from '../../ports.ts'
import {isRunning} from '../process/liveness.ts'

const pollMilliseconds = 50
const limitMilliseconds = 30_000

/** Returns the `application_name` of every session that this process opens, short enough for PostgreSQL to keep it whole. */
export function sessionName(owner: string): string {
  return `${prefixOf(owner)}${process.pid}`
}

/** Ends what runs that died on this machine still do in the server, where a statement outlives its client. Returns a line for each run. */
export async function endAbandonedSessions(server: DatabaseServer, owner: string, clock: Clock): Promise<string[]> {
  const deadline = clock.elapsed() + limitMilliseconds
  const ended = new Set<string>()
  for (let names = await abandoned(server, owner); names.length > 0; names = await abandoned(server, owner)) {
    for (const name of names) ended.add(name)
    if (clock.elapsed() > deadline) throw new OperatorError('timeout', `Sessions of a run that died do not end: ${names.join(', ')}.`)
    const list = names.map(quoteLiteral).join(', ')
    await server.query('postgres', `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name IN (${list})`)
    await clock.sleep(pollMilliseconds)
  }
  return [...ended].map((name) => `ended the database sessions of process ${name.slice(prefixOf(owner).length)}, which died`)
}

async function abandoned(server: DatabaseServer, owner: string): Promise<string[]> {
  const prefix = prefixOf(owner)
  const names = await sessionNames(server, prefix)
  const running = await Promise.all(names.map((name) => isRunning(Number(name.slice(prefix.length)), '')))
  return names.filter((_name, index) => !running[index])
}

async function sessionNames(server: DatabaseServer, prefix: string): Promise<string[]> {
  const like = quoteLiteral(`${prefix}%`)
  const sql = `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE application_name LIKE ${like}`
  try {
    return (await server.query<{name: string}>('postgres', sql)).map(({name}) => name)
  } catch (error) {
    // A server that cannot be asked does nothing for a dead run either; the run itself says what is wrong with it.
    if (error instanceof OperatorError && ['unreachable', 'denied', 'notFound'].includes(error.kind)) return []
    throw error
  }
}

/** Process numbers mean something on one machine only, and another project may be at work on the same server. */
function prefixOf(owner: string): string {
  return `sparkone:${createHash('sha256').update(`${owner}@${hostname()}`).digest('hex').slice(0, 12)}:`
}
