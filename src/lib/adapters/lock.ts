import {link, mkdir, readFile, rename, rm, stat, unlink, writeFile} from 'node:fs/promises'
import {hostname, userInfo} from 'node:os'
import {join} from 'node:path'
import {z} from 'zod'
import {OperatorError} from '../errors.ts'
import type {Clock, Locks} from '../ports.ts'

const holderSchema = z.object({
  pid: z.number(),
  /** Tells a process from a later one with the same number. */
  processStart: z.string(),
  bootId: z.string(),
  host: z.string(),
  user: z.string(),
  command: z.string(),
  run: z.string(),
  since: z.string(),
})

type Holder = z.infer<typeof holderSchema>

const retryMilliseconds = 200
const breakerStaleMilliseconds = 10_000

/** Locks that are files naming their holder. The lock of a process that is gone, or of before the last boot, is taken over. */
export class FileLocks implements Locks {
  readonly #folder: string
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(stateFolder: string, clock: Clock, signal: AbortSignal) {
    this.#folder = join(stateFolder, 'locks')
    this.#clock = clock
    this.#signal = signal
  }

  async acquire(name: string, owner: {command: string; run: string}, waitMilliseconds: number): Promise<AsyncDisposable> {
    await mkdir(this.#folder, {recursive: true, mode: 0o700})
    const path = join(this.#folder, `${encodeURIComponent(name)}.lock`)
    const me: Holder = {...owner, ...(await self()), since: this.#clock.now().toISOString()}
    const deadline = this.#clock.elapsed() + waitMilliseconds
    for (;;) {
      if (await place(path, me)) return {[Symbol.asyncDispose]: () => release(path, me)}
      const holder = await readHolder(path)
      if (holder === null || !(await isAlive(holder))) await breakStale(path, holder)
      else if (this.#clock.elapsed() >= deadline) throw lockedError(holder, path)
      else await this.#clock.sleep(retryMilliseconds, this.#signal)
    }
  }
}

/** Linking a finished file into place is atomic: the lock is never seen half-written. */
async function place(path: string, me: Holder): Promise<boolean> {
  const draft = `${path}.${me.pid}-${me.run}`
  await writeFile(draft, `${JSON.stringify(me)}\n`, {mode: 0o600})
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as {code?: string}).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
}

async function release(path: string, me: Holder): Promise<void> {
  const holder = await readHolder(path)
  if (holder?.run === me.run && holder.pid === me.pid) await rm(path, {force: true})
}

/** Only one may break at a time, and only what it saw stale, so that a lock taken in between is left alone. */
async function breakStale(path: string, seen: Holder | null): Promise<void> {
  const breaker = `${path}.breaking`
  try {
    await mkdir(breaker)
  } catch {
    const {mtimeMs} = await stat(breaker).catch(() => ({mtimeMs: Date.now()}))
    if (Date.now() - mtimeMs > breakerStaleMilliseconds) await rm(breaker, {recursive: true, force: true})
    return
  }
  try {
    const now = await readHolder(path)
    if (now?.run === seen?.run && now?.pid === seen?.pid) await rename(path, `${path}.stale`).catch(ignoreMissing)
  } finally {
    await rm(breaker, {recursive: true, force: true})
  }
}

function ignoreMissing(error: {code?: string}): void {
  if (error.code !== 'ENOENT') throw error
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    // Gone meanwhile, or not ours to understand: either way nobody who can be asked holds it.
    return null
  }
}

async function self(): Promise<Pick<Holder, 'pid' | 'processStart' | 'bootId' | 'host' | 'user'>> {
  return {
    pid: process.pid,
    processStart: await processStart(process.pid),
    bootId: await bootId(),
    host: hostname(),
    user: userInfo().username,
  }
}

/** A holder on another host (a shared folder) cannot be looked at, so it counts as alive. */
async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true
  if (holder.bootId !== (await bootId())) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return (error as {code?: string}).code === 'EPERM'
  }
  const started = await processStart(holder.pid)
  return started === '' || holder.processStart === '' || started === holder.processStart
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
}

/** Returns field 22 of /proc/PID/stat (start in clock ticks since boot, see proc(5)), or an empty text off Linux. */
async function processStart(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function lockedError({command, user, host, pid, since}: Holder, path: string): OperatorError {
  return new OperatorError('locked', `sparkone ${command} of ${user}@${host} (process ${pid}) has been running since ${since}.`, {
    hint: `Wait for it with --lock-wait 10m, or look at it: ps -fp ${pid}. Lock file: ${path}`,
  })
}
