import {readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {execa} from 'execa'
import {Client} from 'pg'

const sampleMilliseconds = 50
/** What Linux counts processor time in, a second. */
const ticks = 100
const probeMilliseconds = 10
const mebibyte = 1024 ** 2

export interface Measured {
  seconds: number
  /** Of the programs of the contender together, pages that they share counted more than once. */
  treeMebibytes: number
  /** Of the largest of its programs. */
  largestMebibytes: number
  /** Seconds of a processor, of all processes of a kind together. */
  processor: {own: number; programs: number; server: number; store: number}
  /** Of a query by primary key meanwhile. */
  probe: Latency
  stdout: string
}

export interface Latency {
  median: number
  p99: number
}

/** Processes that work for a contender and are none of it. */
export interface Surroundings {
  /** Of the query. */
  database: string
  serverPid: number
  storePid: number
}

/** Runs a program to its end while a query is asked a hundred times a second. Throws when the program fails. */
export async function measure(
  argv: readonly [string, ...string[]],
  environment: Record<string, string>,
  {database, serverPid, storePid}: Surroundings,
): Promise<Measured> {
  const stop = new AbortController()
  const probing = probe(database, stop.signal)
  const begin = performance.now()
  const run = execa(argv[0], argv.slice(1), {env: environment, stdin: 'ignore', maxBuffer: 10 * mebibyte})
  const memory = {tree: 0, largest: 0}
  const used = new Map<number, number>()
  const [serverBefore, storeBefore] = [serverSeconds(serverPid), processorSeconds(storePid)]
  const timer = setInterval(() => sample(run.pid!, memory, used), sampleMilliseconds)
  try {
    const {stdout} = await run
    const seconds = (performance.now() - begin) / 1000
    const own = used.get(run.pid!) ?? 0
    const all = [...used.values()].reduce((sum, each) => sum + each, 0)
    const [server, store] = [serverSeconds(serverPid) - serverBefore, processorSeconds(storePid) - storeBefore]
    return {
      seconds,
      treeMebibytes: memory.tree / mebibyte,
      largestMebibytes: memory.largest / mebibyte,
      processor: {own, programs: all - own, server, store},
      probe: await ended(),
      stdout,
    }
  } finally {
    clearInterval(timer)
    stop.abort()
  }

  function ended(): Promise<Latency> {
    stop.abort()
    return probing
  }
}

/** Asks a query again and again until told to stop, and returns how long it took, in milliseconds. */
export async function probe(database: string, signal: AbortSignal): Promise<Latency> {
  const client = new Client({connectionString: database})
  await client.connect()
  const times: number[] = []
  try {
    for (let id = 1; !signal.aborted; id += 7919) {
      const begin = performance.now()
      await client.query('SELECT * FROM orders WHERE id = $1', [1 + (id % 100_000)])
      times.push(performance.now() - begin)
      await delay(probeMilliseconds)
    }
  } finally {
    await client.end()
  }
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  return {median: at(0.5), p99: at(0.99)}
}

function sample(pid: number, memory: {tree: number; largest: number}, used: Map<number, number>): void {
  const pids = tree(pid)
  for (const each of pids) used.set(each, Math.max(processorSeconds(each), used.get(each) ?? 0))
  const sizes = pids.map(residentBytes)
  memory.tree = Math.max(
    memory.tree,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  memory.largest = Math.max(memory.largest, ...sizes)
}

function tree(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(tree)]
}

/** Of the server's processes, those that have ended included. */
function serverSeconds(pid: number): number {
  const [, , ended = 0, endedInSystem = 0] = ticksOf(pid)
  return tree(pid).reduce((sum, each) => sum + processorSeconds(each), (ended + endedInSystem) / ticks)
}

function processorSeconds(pid: number): number {
  const [user = 0, system = 0] = ticksOf(pid)
  return (user + system) / ticks
}

/** In user mode and in the system, then the same of children that have ended. */
function ticksOf(pid: number): number[] {
  return (read(`/proc/${pid}/stat`).split(') ')[1] ?? '').split(' ').slice(11, 15).map(Number)
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

// A process that has ended in between uses nothing.
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
