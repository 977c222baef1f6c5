import {fork, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync} from 'node:fs'
import {readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import type {SetCollection} from '../../../src/lib/ports.ts'
import {cheapPorts, performCheaply, type CheapChange} from '../../support/faults/cheap-ports.ts'
import {spreadMoments} from '../../support/faults/moments.ts'
import {setOf, storeSets} from '../../support/retention/sets.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'

const seed = 20_261_122
const program = path.join(import.meta.dirname, '../../support/faults/cheap-process.ts')

interface Scene {
  folder: string
  ports: ReturnType<typeof cheapPorts>
  /** Starts a process that is ready to perform the change once it is sent a word. */
  prepare(): Promise<ChildProcess>
}

let server: ScriptedStore
const folder = mkdtempSync(path.join(tmpdir(), 'sparkone-kills-'))
beforeAll(async () => {
  server = await ScriptedStore.start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, {recursive: true})
})

function openScene(change: CheapChange): Scene {
  const own = path.join(folder, change)
  const prepare = async () => {
    const child = fork(program, [change, own, server.endpoint], {
      execArgv: [],
      env: {...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled')},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    await once(child, 'message')
    return child
  }
  server.memory.objects.clear()
  return {folder: own, ports: cheapPorts(own, server.endpoint), prepare}
}

/** Lets the store answer as slowly as stores do that are far away, so that moments between two requests are met, too. */
function moveStoreAway(): void {
  for (const operation of ['put', 'delete'] as const) server.fail(operation, {kind: 'wait', milliseconds: 8}, {times: Infinity})
}

/** Lets a process begin and kills it after so many milliseconds. Returns whether it was still at work. */
async function killAfter(child: ChildProcess, milliseconds: number): Promise<boolean> {
  const ended = once(child, 'exit')
  moveStoreAway()
  child.send('go')
  await Promise.race([delay(milliseconds), ended])
  child.kill('SIGKILL')
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  await expect.poll(() => server.busy, {interval: 5}).toBe(0)
  server.heal()
  return signal === 'SIGKILL'
}

/** Returns how long it takes when nobody kills it, in milliseconds. */
async function measure({prepare}: Scene): Promise<number> {
  const child = await prepare()
  moveStoreAway()
  const begun = performance.now()
  child.send('go')
  expect(await once(child, 'exit')).toEqual([0, null])
  server.heal()
  return performance.now() - begun
}

/** Reads every byte of what is listed for the first time, which throws where one is not what the manifest says. */
async function expectWhole(store: SetCollection, seen: Set<string>): Promise<BackupSet[]> {
  const sets = await store.list()
  for (const set of sets.filter(({manifest}) => !seen.has(`${store.location}/${manifest.id}`))) {
    for (const {name} of set.manifest.members) for await (const _chunk of store.read(set, name)) continue
    seen.add(`${store.location}/${set.manifest.id}`)
  }
  return sets
}

async function debris({folder: own, ports: {directory}}: Scene): Promise<string[]> {
  const names = [...(await readdir(directory.location)), ...(await readdir(path.join(own, 'locks')))]
  return names.filter((name) => !/^\d{8}T\d{6}Z-[0-9a-f]{6}$/.test(name))
}

interface Kills {
  change: CheapChange
  times: number
  /** Makes something to do for the change. */
  prepare: (scene: Scene, round: number) => Promise<void>
  /** What must hold after the next run, beside that nothing is left. */
  check: (scene: Scene) => Promise<void>
}

/** Removes what earlier rounds made, which would only be listed again and again. */
async function forget({ports: {directory}}: Scene): Promise<void> {
  server.memory.objects.clear()
  await rm(directory.location, {recursive: true, force: true})
}

const doomed = (round: number) => [4, 5, 6, 7].map((days) => setOf({daysAgo: 10 * round + days, now: new Date()}))

const kills: Kills[] = [
  {
    change: 'backup',
    times: 34,
    prepare: forget,
    check: async ({ports}) => expect(await ports.directory.list()).not.toEqual([]),
  },
  {
    change: 'sync',
    times: 33,
    prepare: async (scene, round) => {
      await forget(scene)
      await storeSets(scene.ports.directory, doomed(round).slice(0, 2))
    },
    check: async ({ports: {directory, vault}}) => {
      const ids = async (store: SetCollection) => (await store.list()).map(({manifest}) => manifest.id).toSorted()
      expect(await ids(vault)).toEqual(await ids(directory))
      expect([await vault.broken(), await vault.unfinished()]).toEqual([[], []])
    },
  },
  {
    change: 'cleanup',
    times: 33,
    prepare: async ({ports: {directory, vault}}, round) => {
      const sets = [...(round === 0 ? [1, 2].map((daysAgo) => setOf({daysAgo, now: new Date()})) : []), ...doomed(round)]
      for (const store of [directory, vault]) await storeSets(store, sets)
    },
    check: async ({ports: {directory, vault}}) => {
      for (const store of [directory, vault]) expect(await store.list()).toHaveLength(2)
      // What is left of the very last one goes with the first one of the next time.
      const left = await vault.broken()
      expect(left.length).toBeLessThanOrEqual(1)
      expect(left.map(({reason}) => reason)).toEqual(left.map(() => expect.stringContaining('its removal was cut short')))
    },
  },
]

describe('a SIGKILL', {timeout: 200_000}, () => {
  it.each(kills)(
    `at $times moments of $change (seed ${seed}) never lists what is not whole, and the next run works and cleans up`,
    async ({change, times, prepare, check}) => {
      const scene = openScene(change)
      let duration = 0
      // The first time, programs are still being compiled.
      for (const round of [0, 1]) {
        await prepare(scene, round)
        duration = await measure(scene)
      }
      const seen = new Set<string>()
      let cutShort = 0
      let next = scene.prepare()
      for (const [round, moment] of spreadMoments(times, duration, seed).entries()) {
        await prepare(scene, round + 2)
        const child = await next
        next = scene.prepare()
        if (await killAfter(child, moment)) cutShort += 1
        await expectWhole(scene.ports.directory, seen)
        await expectWhole(scene.ports.vault, seen)
        expect(await scene.ports.directory.broken(), `killed after ${moment} ms`).toEqual([])
        await performCheaply(change, scene.ports)
        expect(await debris(scene), `killed after ${moment} ms`).toEqual([])
        await check(scene)
      }
      await prepare(scene, times + 2)
      ;(await next).send('go')
      expect(await once(await next, 'exit')).toEqual([0, null])
      expect((await scene.ports.vault.broken()).filter(({reason}) => reason !== 'its manifest is missing')).toEqual([])
      expect(cutShort).toBeGreaterThan(times / 4)
    },
  )
})
