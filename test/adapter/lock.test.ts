import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs'
import {hostname} from 'node:os'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {FileLocks} from '../../src/lib/adapters/lock.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {FakeLocks} from '../support/fakes/locks.ts'
import {folderWith, rejection} from '../support/folder.ts'

const name = 'shop-production'
const mine = {command: 'backup', run: 'aaaaaa'}
const other = {command: 'restore', run: 'bbbbbb'}

let state: string
let clock: FakeClock
let locks: FileLocks

beforeEach(() => {
  state = folderWith()
  clock = new FakeClock(new Date('2026-11-22T10:00:00Z'), {sleeping: 'skip'})
  locks = new FileLocks(state, clock, new AbortController().signal)
})

const folder = () => path.join(state, 'locks')
const file = () => path.join(folder(), `${name}.lock`)
const files = () => readdirSync(folder())
const refused = (owner = other, wait = 0) => rejection(locks.acquire(name, owner, wait), OperatorError)

/** Leaves a lock of this process behind, changed as given, and nobody who holds it. */
async function leaveLock(change: Record<string, unknown>): Promise<void> {
  await locks.acquire(name, mine, 0)
  const holder = JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>
  writeFileSync(file(), JSON.stringify({...holder, ...change}))
}

describe.each([
  ['a lock file', () => locks],
  ['the locks of tests', () => new FakeLocks()],
])('%s', (_, make) => {
  test('is held by one at a time, and free once given back', async () => {
    const each = make()
    const first = await each.acquire(name, mine, 0)
    const error = await rejection(each.acquire(name, other, 0), OperatorError)
    expect([error.kind, error.exitCode]).toEqual(['locked', 5])
    expect(error.message).toContain('backup')
    await first[Symbol.asyncDispose]()
    await (await each.acquire(name, other, 0))[Symbol.asyncDispose]()
  })

  test('of one project does not keep another waiting', async () => {
    const each = make()
    await each.acquire(name, mine, 0)
    await expect(each.acquire('shop-staging', other, 0)).resolves.toBeDefined()
  })
})

describe('whoever comes second', () => {
  test('is told who holds the lock, since when, and what to do', async () => {
    await locks.acquire(name, mine, 0)
    const {message, hint} = await refused()
    expect(message).toMatch(/^sparkone backup of .+@.+ \(process \d+\) has been running since 2026-11-22T10:00:00\.000Z\.$/)
    expect(message).toContain(`process ${process.pid}`)
    expect(hint).toMatch(/--lock-wait 10m.*Lock file: /)
  })

  test('waits as long as allowed, and no longer', async () => {
    await locks.acquire(name, mine, 0)
    expect((await refused(other, 10_000)).kind).toBe('locked')
    expect(clock.elapsed()).toBeGreaterThanOrEqual(10_000)
    expect(clock.elapsed()).toBeLessThan(11_000)
  })

  test('gets the lock when it is given back meanwhile', async () => {
    const first = await locks.acquire(name, mine, 0)
    const waiting = new FileLocks(state, systemClock, new AbortController().signal).acquire(name, other, 5000)
    await first[Symbol.asyncDispose]()
    await expect(waiting).resolves.toBeDefined()
  })

  test('stops waiting on Ctrl-C', async () => {
    const abort = new AbortController()
    await locks.acquire(name, mine, 0)
    const waiting = new FileLocks(state, systemClock, abort.signal).acquire(name, other, 60_000)
    abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    expect((await rejection(waiting, OperatorError)).kind).toBe('interrupted')
  })
})

describe('a lock that nobody holds any more', () => {
  test.each<[string, Record<string, unknown>]>([
    // The highest process number that Linux can be told to give is 4,194,304.
    ['of a process that is gone', {pid: 5_000_000}],
    ['of before the last boot', {bootId: 'another'}],
    ['of an earlier process with the same number', {processStart: '1'}],
  ])('%s is taken over', async (_, change) => {
    await leaveLock(change)
    await locks.acquire(name, other, 0)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({run: 'bbbbbb', pid: process.pid})
  })

  test.each(['', '{"pid":', 'hello'])('that says %j is taken over', async (text) => {
    await leaveLock({})
    writeFileSync(file(), text)
    await expect(locks.acquire(name, other, 0)).resolves.toBeDefined()
  })

  test('is taken over by one only, however many try at once', async () => {
    await leaveLock({pid: 5_000_000})
    const runs = Array.from({length: 12}, (_, index) => ({command: 'backup', run: index.toString(16).padStart(6, '0')}))
    const results = await Promise.allSettled(runs.map((run) => locks.acquire(name, run, 0)))
    expect(results.filter(({status}) => status === 'fulfilled')).toHaveLength(1)
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as OperatorError).kind] : []))
    expect(new Set(reasons)).toEqual(new Set(['locked']))
  })

  test('is taken over although whoever began to break it died doing so', async () => {
    await leaveLock({pid: 5_000_000})
    mkdirSync(`${file()}.breaking`)
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(`${file()}.breaking`, longAgo, longAgo)
    await expect(locks.acquire(name, other, 0)).resolves.toBeDefined()
  })

  test('leaves nothing behind', async () => {
    await leaveLock({pid: 5_000_000})
    writeFileSync(`${file()}.5000000-abcdef`, 'a draft')
    await (await locks.acquire(name, other, 0))[Symbol.asyncDispose]()
    expect(files()).toEqual([])
  })
})

describe('a lock that may be held', () => {
  test('of another host counts as held, since its process cannot be looked at', async () => {
    await leaveLock({host: `not-${hostname()}`, pid: 5_000_000, bootId: 'another'})
    expect((await refused()).message).toContain(`not-${hostname()}`)
  })

  test('is not given back by somebody else', async () => {
    const first = await locks.acquire(name, mine, 0)
    writeFileSync(file(), JSON.stringify({...(JSON.parse(readFileSync(file(), 'utf8')) as object), run: 'cccccc'}))
    await first[Symbol.asyncDispose]()
    expect(files()).toEqual([`${name}.lock`])
  })
})

test('locks pass from run to run without ever being held twice', async () => {
  let held = 0
  let most = 0
  const runs = Array.from({length: 4}, (_, index) => ({command: 'backup', run: index.toString(16).padStart(6, '0')}))
  await Promise.all(
    runs.map(async (run) => {
      for (let round = 0; round < 3; round++) {
        await using _lock = await locks.acquire(name, run, 1_000_000_000)
        held += 1
        most = Math.max(most, held)
        await new Promise((resolve) => setImmediate(resolve))
        held -= 1
      }
    }),
  )
  expect(most).toBe(1)
})

test('the folder of locks and the locks in it are for their owner alone', async () => {
  await locks.acquire(name, mine, 0)
  expect([statSync(folder()).mode & 0o777, statSync(file()).mode & 0o777]).toEqual([0o700, 0o600])
})

test('names that could lead out of the folder stay inside', async () => {
  await locks.acquire('../../etc/x', mine, 0)
  expect(files()).toEqual(['..%2F..%2Fetc%2Fx.lock'])
})

test('a state folder that cannot be used is named', async () => {
  writeFileSync(path.join(state, 'locks'), '')
  chmodSync(path.join(state, 'locks'), 0o600)
  expect((await refused()).message).toContain(folder())
})

describe('what a hook runs', () => {
  /** The locks of a program that has inherited the variables of a run. */
  const inside = (from: FileLocks) => new FileLocks(state, clock, new AbortController().signal, from.sharing())

  test('does not wait for the run that waits for it, and others still do', async () => {
    const lock = await locks.acquire(name, other, 0)
    await (await inside(locks).acquire(name, mine, 0))[Symbol.asyncDispose]()
    expect((await rejection(new FileLocks(state, clock, new AbortController().signal).acquire(name, mine, 0), OperatorError)).kind).toBe(
      'locked',
    )
    expect(files()).toEqual([`${name}.lock`])
    await lock[Symbol.asyncDispose]()
    expect(files()).toEqual([])
  })

  test('takes turns with what the same hook runs beside it', async () => {
    await locks.acquire(name, other, 0)
    const hook = inside(locks)
    const first = await hook.acquire(name, mine, 0)
    const error = await rejection(inside(locks).acquire(name, {command: 'verify', run: 'cccccc'}, 0), OperatorError)
    expect([error.kind, error.message]).toEqual(['locked', expect.stringContaining('backup')])
    await first[Symbol.asyncDispose]()
    await expect(inside(locks).acquire(name, {command: 'verify', run: 'cccccc'}, 0)).resolves.toBeDefined()
  })

  test('leaves nothing behind once the run is over, even if it was killed', async () => {
    const lock = await locks.acquire(name, other, 0)
    await inside(locks).acquire(name, mine, 0)
    expect(files()).toHaveLength(2)
    await lock[Symbol.asyncDispose]()
    expect(files()).toEqual([])
  })

  test('may have hooks of its own', async () => {
    await locks.acquire(name, other, 0)
    const hook = inside(locks)
    await hook.acquire(name, mine, 0)
    await expect(inside(hook).acquire(name, {command: 'verify', run: 'cccccc'}, 0)).resolves.toBeDefined()
  })

  test('is refused when it is what runs the hook, which would never end', async () => {
    await locks.acquire(name, mine, 0)
    const error = await rejection(inside(locks).acquire(name, {command: mine.command, run: 'cccccc'}, 60_000), OperatorError)
    expect([error.kind, error.message]).toEqual(['locked', expect.stringContaining('started by its own hook')])
  })

  test('waits like everybody else once that run is over, and another one holds the lock', async () => {
    const lock = await locks.acquire(name, other, 0)
    const left = inside(locks)
    await lock[Symbol.asyncDispose]()
    await locks.acquire(name, {command: 'sync', run: 'dddddd'}, 0)
    expect((await rejection(left.acquire(name, mine, 0), OperatorError)).kind).toBe('locked')
  })

  test('takes the lock of a run that is dead as anybody would, and for all to see', async () => {
    await leaveLock({pid: 5_000_000})
    await inside(locks).acquire(name, other, 0)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({run: 'bbbbbb', pid: process.pid})
  })

  test('of one environment still waits for another one', async () => {
    await locks.acquire(name, other, 0)
    await new FileLocks(state, clock, new AbortController().signal).acquire('shop-staging', {command: 'sync', run: 'dddddd'}, 0)
    expect((await rejection(inside(locks).acquire('shop-staging', mine, 0), OperatorError)).kind).toBe('locked')
  })
})
