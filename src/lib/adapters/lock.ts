import {link, mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {hostname, userInfo} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {z} from 'zod'
import {OperatorError} from '../errors.ts'
import type {Clock, Locks} from '../ports.ts'
import {accessError, explainAccess} from './directory/access.ts'
import {isRunning, startOf} from './process/liveness.ts'

const holderSchema = z.object({
  pid: z.number(),
  processStart: z.string(),
  bootId: z.string(),
  host: z.string(),
  user: z.string(),
  command: z.string(),
  run: z.string(),
  since: z.string(),
})

type Holder = z.infer<typeof holderSchema>

const gone = Symbol('gone')

const retryMilliseconds = 200
const breakerStaleMilliseconds = 10_000

/** Names the runs that hold a lock and wait for this process, as hooks inherit it. */
const sharingVariable = 'SPARKONE_WITHIN'

/**
 * Locks that are files naming their holder. The lock of a process that is gone, or of before the last boot, is taken over. What a hook runs works within the lock
 * of the run that waits for the hook, as long as that very run holds it.
 */
export class FileLocks implements Locks {
  readonly #held = new Set<string>()
  readonly #within: ReadonlySet<string>
  readonly #folder: string
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(stateFolder: string, clock: Clock, signal: AbortSignal, environment: Readonly<Record<string, string | undefined>> = {}) {
    this.#within = new Set(environment[sharingVariable]?.split(',').filter(Boolean))
    this.#folder = join(stateFolder, 'locks')
    this.#clock = clock
    this.#signal = signal
  }

  async acquire(name: string, owner: {command: string; run: string}, waitMilliseconds: number): Promise<AsyncDisposable> {
    await explainAccess(this.#folder, () => mkdir(this.#folder, {recursive: true, mode: 0o700}))
    const path = join(this.#folder, `${encodeURIComponent(name)}.lock`)
    const me: Holder = {...owner, ...(await self()), since: this.#clock.now().toISOString()}
    const deadline = this.#clock.elapsed() + waitMilliseconds
    while (!(await explainAccess(path, () => place(path, me)))) {
      const holder = await readHolder(path)
      if (holder === gone) continue
      const isStale = holder === null || !(await isAlive(holder))
      if (!isStale && this.#within.has(holder.run)) return this.#acquireWithin(name, holder, owner, waitMilliseconds)
      if (isStale && (await breakStale(path, holder))) continue
      if (!isStale && this.#clock.elapsed() >= deadline) throw lockedError(holder, path)
      await this.#clock.sleep(retryMilliseconds, this.#signal)
    }
    await removeDrafts(path)
    this.#held.add(me.run)
    return {
      [Symbol.asyncDispose]: async () => {
        this.#held.delete(me.run)
        await this.#removeInner(nameWithin(name, me))
        await release(path, me)
      },
    }
  }

  sharing(): Record<string, string> {
    return {[sharingVariable]: [...this.#within, ...this.#held].join(',')}
  }

  /** What a hook that was killed held; nobody asks for it again. */
  async #removeInner(name: string): Promise<void> {
    const prefix = encodeURIComponent(name)
    for (const file of await readdir(this.#folder)) if (file.startsWith(prefix)) await rm(join(this.#folder, file), {force: true})
  }

  /** A lock within that of the run that waits for us, so that two things that its hook runs at once do not meet. */
  #acquireWithin(name: string, outer: Holder, owner: {command: string; run: string}, waitMilliseconds: number): Promise<AsyncDisposable> {
    if (outer.command !== owner.command) return this.acquire(nameWithin(name, outer), owner, waitMilliseconds)
    throw new OperatorError('locked', `sparkone ${owner.command} was started by its own hook, which would go on for ever.`, {
      hint: 'Take it out of the hooks in the configuration.',
    })
  }
}

function nameWithin(name: string, {run}: Holder): string {
  return `${name} within ${run}`
}

/** Linking a finished file into place is atomic: the lock is never seen half-written. */
async function place(path: string, me: Holder): Promise<boolean> {
  const draft = `${path}.${me.pid}-${me.run}`
  try {
    await writeFile(draft, `${JSON.stringify(me)}\n`, {mode: 0o600})
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as {code?: string}).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, {force: true})
  }
}

/** A run that was killed between writing its draft and removing it leaves it behind. */
async function removeDrafts(path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  for (const name of await readdir(dirname(path))) {
    const [, pid] = (name.startsWith(prefix) && /^(\d+)-[0-9a-f]+$/.exec(name.slice(prefix.length))) || []
    if (pid && !(await isRunning(Number(pid), ''))) await rm(join(dirname(path), name), {force: true})
  }
}

async function release(path: string, me: Holder): Promise<void> {
  if (isSame(await readHolder(path), me)) await rm(path, {force: true})
}

/** Only one may break at a time, and only what it saw stale, so that a lock taken in between is left alone. Returns whether it was us. */
async function breakStale(path: string, seen: Holder | null): Promise<boolean> {
  const breaker = `${path}.breaking`
  try {
    await mkdir(breaker)
  } catch {
    const {mtimeMs} = await stat(breaker).catch(() => ({mtimeMs: Date.now()}))
    if (Date.now() - mtimeMs > breakerStaleMilliseconds) await rm(breaker, {recursive: true, force: true})
    return false
  }
  try {
    if (isSame(await readHolder(path), seen)) await rm(path, {force: true})
    return true
  } finally {
    await rm(breaker, {recursive: true, force: true})
  }
}

/** One that is gone is never the same: whoever takes the lock next must not lose it to us. */
function isSame(one: Holder | null | typeof gone, other: Holder | null): boolean {
  return one !== gone && one?.run === other?.run && one?.pid === other?.pid
}

/** Returns the holder, `gone` when there is none any more, or null when the file is not ours to understand. Throws `denied`. */
async function readHolder(path: string): Promise<Holder | null | typeof gone> {
  const text = await readFile(path, 'utf8').catch((error: {code?: string}) => {
    if (error.code === 'ENOENT') return null
    throw accessError(path, error)
  })
  if (text === null) return gone
  try {
    return holderSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

async function self(): Promise<Pick<Holder, 'pid' | 'processStart' | 'bootId' | 'host' | 'user'>> {
  return {
    pid: process.pid,
    processStart: await startOf(process.pid),
    bootId: await bootId(),
    host: hostname(),
    user: userInfo().username,
  }
}

/** A holder on another host (a shared folder) cannot be looked at, so it counts as alive. */
async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true
  if (holder.bootId !== (await bootId())) return false
  return isRunning(holder.pid, holder.processStart)
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
}

function lockedError({command, user, host, pid, since}: Holder, path: string): OperatorError {
  return new OperatorError('locked', `sparkone ${command} of ${user}@${host} (process ${pid}) has been running since ${since}.`, {
    hint: `Wait for it with --lock-wait 10m, or look at it: ps -fp ${pid}. Lock file: ${path}`,
  })
}
