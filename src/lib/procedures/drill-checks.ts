import {fits, type DrillCheck, type DrillChecks} from '../domain/drill.ts'
import {OperatorError} from '../errors.ts'
import type {DatabaseServer, EphemeralServer, Ports} from '../ports.ts'
import type {StartedProgram} from '../ports/drill.ts'

const pollMilliseconds = 250
const probeMilliseconds = 5000

/** Asks a restored database everything that the configuration names, and returns every answer. */
export async function runDrillChecks(
  checks: DrillChecks,
  server: Pick<EphemeralServer, 'database' | 'url'>,
  database: string,
  ports: Ports,
): Promise<DrillCheck[]> {
  const answers: DrillCheck[] = []
  for (const query of checks.queries) answers.push(await ask(query, server.database, database))
  if (checks.program) answers.push(await runProgram(checks.program, await server.url(database), ports))
  return answers
}

async function ask({name, query, expect}: DrillChecks['queries'][number], server: DatabaseServer, database: string): Promise<DrillCheck> {
  const actual = await explained(async () => {
    const [row] = await server.query<Record<string, unknown>>(database, query.trim().replace(/;$/, ''))
    return row === undefined ? 'no row' : textOf(Object.values(row)[0])
  })
  return {name, expected: expect, actual, passed: fits(actual, expect)}
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? 'NULL' : JSON.stringify(value)
}

/** Returns what came out, or what is wrong with it. Throws when the run is interrupted. */
async function explained(work: () => Promise<string>): Promise<string> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OperatorError) || ['interrupted', 'terminated', 'bug'].includes(error.kind)) throw error
    return error.message
  }
}

type Program = NonNullable<DrillChecks['program']>

async function runProgram(program: Program, address: string, ports: Ports): Promise<DrillCheck> {
  const {argv, url} = program
  const expected = url === null ? 'ends with 0' : `${url} answers with 200`
  const actual = await explained(async () => {
    await using started = (await ports.programs()).start(argv, {DATABASE_URL: address})
    return url === null ? await end(started, program, ports) : await answer(started, url, program, ports)
  })
  // The password holds nowhere else, and is gone with the server; even so it is nobody's business.
  return {name: argv[0] ?? 'command', expected, actual: actual.replaceAll(address, 'DATABASE_URL'), passed: actual === expected}
}

async function end({ended}: StartedProgram, {limitMilliseconds}: Program, {clock, signal}: Ports): Promise<string> {
  const {promise, abort} = limited(clock, limitMilliseconds, signal)
  const outcome = await Promise.race([ended, promise])
  abort()
  if (outcome === 'late') return `still ran after ${limitMilliseconds / 1000} s`
  return outcome.exitCode === 0 ? 'ends with 0' : describeEnd(outcome)
}

async function answer({ended}: StartedProgram, url: string, {limitMilliseconds}: Program, {clock, signal, http}: Ports): Promise<string> {
  const client = await http()
  const deadline = clock.elapsed() + limitMilliseconds
  let last = 'no answer'
  let gone: string | null = null
  const watching = ended.then(
    (outcome) => (gone = describeEnd(outcome)),
    (error: unknown) => (gone = error instanceof Error ? error.message : String(error)),
  )
  while (clock.elapsed() < deadline) {
    last = await explained(async () => `status ${(await client.get(url, {timeoutMilliseconds: probeMilliseconds, signal})).status}`)
    if (last === 'status 200') return `${url} answers with 200`
    if (gone !== null) return `${await watching}; ${last}`
    await clock.sleep(pollMilliseconds, signal)
  }
  return `${last}, for ${limitMilliseconds / 1000} s`
}

function describeEnd({exitCode, output}: Awaited<StartedProgram['ended']>): string {
  const lastLine = output.trim().split('\n').at(-1)?.slice(-300) ?? ''
  return `ended ${exitCode === null ? 'by a signal' : `with ${exitCode}`}${lastLine === '' ? '' : `: ${lastLine}`}`
}

/** Returns a promise that is `late` after a while, and what ends the wait before. */
function limited(clock: Ports['clock'], milliseconds: number, signal: AbortSignal) {
  const waiting = new AbortController()
  const both = AbortSignal.any([waiting.signal, signal])
  const promise = clock.sleep(milliseconds, both).then(() => 'late' as const)
  // Ended by `abort` once the program is through, which is no failure.
  promise.catch(() => undefined)
  return {promise, abort: () => waiting.abort()}
}
