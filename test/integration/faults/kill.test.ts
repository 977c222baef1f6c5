import {readdir} from 'node:fs/promises'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {spreadMoments} from '../../support/faults/moments.ts'
import {leftRunning, openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {soon} from '../../support/faults/programs.ts'
import {damageOf, listBackups, makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const seed = 20_260_102
const kills = 8
/** Where exactly a run dies between two steps is tried with ports in memory, at every one of them. */
const restoreKills = 30
/** After each of so many restores that were killed one is let through; the others are followed by the next that is killed. */
const roundsOfRestore = 6

/** Starts a run, kills it at its moment, and waits until it is gone, and what it had told the server last has come to its end. */
async function killAt(scene: HostScene, words: readonly string[], milliseconds: number): Promise<number> {
  const run = scene.start(words)
  await Promise.race([delay(milliseconds), run.ended])
  run.child.kill('SIGKILL')
  const {code} = await run.ended
  const isSpeaking = async () => (await leftRunning(scene.state)).some((line) => line.includes('psql'))
  await soon('the last statement to end', async () => ((await isSpeaking()) ? null : true))
  return code
}

/** Orders moments so that each run finds what another step has left: every seventh, then the next ones. */
function shuffled(moments: readonly number[]): number[] {
  return moments
    .map((moment, index) => ({moment, place: (index * 7) % moments.length}))
    .toSorted((a, b) => a.place - b.place)
    .map(({moment}) => moment)
}

/** Changes the live database as an application would, also where a run that was killed has left it read-only, and returns how it is then. */
async function changeLive(scene: HostScene): Promise<string> {
  await scene.sql('SET default_transaction_read_only = off; UPDATE state SET version = version + 1; DELETE FROM orders WHERE id <= 100')
  return scene.fingerprint()
}

const readOnlySql = `SELECT count(*) FROM pg_db_role_setting WHERE array_to_string(setconfig, ',') LIKE '%default_transaction_read_only%'`

/** Where the runs of the scene lay them down, and nobody else does. */
async function stagedArchives({folder}: HostScene): Promise<string[]> {
  return (await readdir(path.join(folder, 'tmp'))).filter((name) => /^sparkone-.*-restore-.*\.dump$/.test(name))
}

async function measure(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

async function expectOnlyWholeSets(scene: HostScene): Promise<void> {
  const {backups, broken} = await listBackups(scene)
  expect(broken).toEqual([])
  for (const {location} of backups) expect(await damageOf(location)).toEqual([])
}

describe('a SIGKILL to sparkone on a server of this machine', {timeout: 300_000}, () => {
  let scene: HostScene | undefined
  beforeAll(async () => {
    const testbed = await requireTestbed()
    // With all that a restore can leave half done: a staged archive, and a database that takes no writes.
    const settings = 'restore: {api: readonly, jobs: 2}\n'
    if (testbed.hostPostgresBin) scene = await openHostScene(testbed, {settings})
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())

  it(`at ${kills} moments of backup (seed ${seed}) never lists half a set, and the next run works and cleans up`, async ({skip}) => {
    if (!scene) return skip('PostgreSQL is missing')
    const backUp = () => makeBackup(scene!)
    let next = await backUp()
    let duration = await measure(backUp)
    const codes: number[] = []
    for (const share of spreadMoments(kills, 1000, seed)) {
      const moment = (duration * share) / 1000
      codes.push(await killAt(scene, ['backup'], moment))
      await expectOnlyWholeSets(scene)
      // Measured each time, since what else the machine does makes one run slower or faster than another.
      duration = await measure(async () => (next = await backUp()))
      expect(await damageOf(next.location), `killed after ${moment} ms`).toEqual([])
      expect(await scene.debris(), `killed after ${moment} ms`).toEqual([])
    }
    expect(codes.filter((code) => code === 137).length).toBeGreaterThan(kills / 2)
  })

  it(`at ${restoreKills} moments of restore (seed ${seed}) leaves the database wholly old or wholly new, and the next run works and cleans up`, async ({
    skip,
  }) => {
    if (!scene) return skip('PostgreSQL is missing')
    const {id} = await makeBackup(scene)
    const restored = await scene.fingerprint()
    const words = ['restore', id, '--yes']
    const duration = await measure(() => scene!.run(words))
    const seen = {old: 0, new: 0}
    const moments = spreadMoments(restoreKills, duration, seed)
    for (const [round, moment] of shuffled(moments).entries()) {
      const before = await changeLive(scene)
      await killAt(scene, words, moment)
      const after = await scene.fingerprint()
      expect([before, restored], `killed after ${moment} ms`).toContain(after)
      seen[after === restored ? 'new' : 'old'] += 1
      if (round % roundsOfRestore !== 0) continue
      const next = await scene.run(words)
      expect(next.code, `killed after ${moment} ms: ${next.stdout}${next.stderr}`).toBe(0)
      expect(await scene.fingerprint()).toBe(restored)
      expect(await scene.debris(), `killed after ${moment} ms`).toEqual([])
      expect(await stagedArchives(scene), `killed after ${moment} ms`).toEqual([])
      expect(await scene.sql(readOnlySql), `killed after ${moment} ms`).toBe('0')
      await scene.dropKept()
    }
    expect(seen.old).toBeGreaterThan(0)
  })
})
