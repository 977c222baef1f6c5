import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {ApiAroundSwap} from '../../../src/lib/domain/api-around-swap.ts'
import type {DatabaseServer, Ports} from '../../../src/lib/ports.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {undoRestore} from '../../../src/lib/procedures/undo-restore.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const [old, fromBackup] = [{customers: 3}, {customers: 3, orders: 5}]
const readOnly: ApiAroundSwap = {service: null, readOnly: true, before: null, after: null, url: null, limitMilliseconds: 1000}
let ports: FakePorts

/** A backup was taken, and then somebody deleted orders. */
beforeEach(async () => {
  ports = new FakePorts()
  await perform(backup, {allowEmpty: false}, ports, options)
  ports.postgres.databases.get('shop')!.tables = old
})

/** Ports of a process that dies at a request to the server: before it gets there, or when it was done and the answer is on its way. */
function mortal(at: number, when: 'before' | 'after'): {ports: Ports; asked(): number} {
  let asked = 0
  let dead = false
  const assertAlive = () => {
    if (dead) throw new Error('The process is dead.')
  }
  const call = async (work: () => unknown) => {
    assertAlive()
    asked += 1
    if (asked === at && when === 'before') dead = true
    assertAlive()
    const answer = await work()
    if (asked === at) dead = true
    assertAlive()
    return answer
  }
  const server = new Proxy(ports.postgres, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name, target)
      // What hands out streams asks the server for nothing yet.
      if (typeof found !== 'function') return found
      const asks = !['dump', 'archiveData', 'data'].includes(String(name))
      return (...words: unknown[]) => (asks ? call(() => Reflect.apply(found, target, words)) : Reflect.apply(found, target, words))
    },
  }) as DatabaseServer
  const runtime = async () => ({...(await ports.runtime()), database: server})
  const journal: Ports['journal'] = async () => ({
    append: async (entry) => {
      assertAlive()
      await ports.log.append(entry)
    },
    entries: () => ports.log.entries(),
  })
  return {ports: {...ports, runtime, journal, uninterrupted: async () => ({...ports, runtime, journal})}, asked: () => asked}
}

const run = (using: Ports, api: ApiAroundSwap | null) =>
  perform(restore, {selector: 'latest', isFile: false, otherServer: false, api}, using, options)
const live = () => ports.postgres.databases.get('shop')!
const half = () => [...ports.postgres.databases.keys()].filter((name) => name.includes('_restoring_'))

/** Returns how many requests a restore sends when nobody kills it. */
async function countRequests(api: ApiAroundSwap | null): Promise<number> {
  const counting = mortal(Infinity, 'before')
  await run(counting.ports, api)
  return counting.asked()
}

describe.each([
  ['that leaves the API alone', null],
  ['that lets the database take no writes', readOnly],
])('a restore %s, killed', (_name, api) => {
  test.each(['before', 'after'] as const)(
    '%s each of its requests has the database wholly old or wholly new, and the next one works and cleans up',
    async (when) => {
      const requests = await countRequests(api)
      expect(requests).toBeGreaterThan(12)
      const seen = new Set<string>()
      for (let at = 1; at <= requests; at += 1) {
        ports = new FakePorts()
        await perform(backup, {allowEmpty: false}, ports, options)
        ports.postgres.databases.get('shop')!.tables = old
        await expect(run(mortal(at, when).ports, api), `at request ${at}`).rejects.toThrow('The process is dead')
        expect([old, fromBackup], `at request ${at}`).toContainEqual(live().tables)
        seen.add(JSON.stringify(live().tables))
        await run(ports, api)
        expect(live().tables, `at request ${at}`).toEqual(fromBackup)
        expect(half(), `at request ${at}`).toEqual([])
        expect(live().readOnly ?? null, `at request ${at}`).toBeNull()
      }
      expect(seen.size).toBe(when === 'after' ? 2 : 1)
    },
  )
})

test('an undoing that is killed before or after any of its requests has the database wholly as before or wholly brought back', async () => {
  await run(ports, null)
  const pristine = structuredClone(ports.postgres.databases)
  const counting = mortal(Infinity, 'before')
  await perform(undoRestore, {}, counting.ports, options)
  for (let at = 1; at <= counting.asked(); at += 1) {
    for (const when of ['before', 'after'] as const) {
      ports.postgres.databases = structuredClone(pristine)
      await expect(perform(undoRestore, {}, mortal(at, when).ports, options), `${when} request ${at}`).rejects.toThrow(
        'The process is dead',
      )
      expect([old, fromBackup], `${when} request ${at}`).toContainEqual(live().tables)
      expect([...ports.postgres.databases.values()].filter(({tables}) => 'customers' in tables)).toHaveLength(2)
    }
  }
})
