import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {spreadMoments} from '../../support/faults/moments.ts'
import {listBackups, makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const seed = 20_260_103
const interruptions = 3
/** The time allowed for an answer. A busy machine may keep one process waiting, but not every other one. */
const answerMilliseconds = 100
const worstMilliseconds = 1000

interface Interrupted {
  code: number
  /** Milliseconds from the signal to the first word about it; null when the run was over before. */
  answered: number | null
}

const signals = [
  {signal: 'SIGINT', code: 130},
  {signal: 'SIGTERM', code: 143},
] as const

describe('an interrupted sparkone', () => {
  let scene: HostScene
  let id: string
  let restored: string
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    id = (await makeBackup(scene)).id
    restored = await scene.fingerprint()
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  /** Sends a signal some time after the run has said its first word. */
  async function interruptAt(words: readonly string[], signal: NodeJS.Signals, milliseconds: number): Promise<Interrupted> {
    const run = scene.start(words)
    await run.prints(/./)
    await Promise.race([delay(milliseconds), run.ended])
    const heard = run.prints(/cleaning up/).then(
      () => performance.now(),
      () => null,
    )
    const sent = performance.now()
    run.child.kill(signal)
    const at = await heard
    return {code: (await run.ended).code, answered: at === null ? null : at - sent}
  }

  async function measure(words: readonly string[]): Promise<number> {
    const run = scene.start(words)
    await run.prints(/./)
    const begin = performance.now()
    await run.ended
    return performance.now() - begin
  }

  async function interruptAll(words: readonly string[], signal: NodeJS.Signals, count: number): Promise<Interrupted[]> {
    const outcomes: Interrupted[] = []
    for (const moment of spreadMoments(count, await measure(words), seed)) {
      outcomes.push(await interruptAt(words, signal, moment))
      expect(await scene.debris(), `${signal} after ${moment} ms`).toEqual([])
    }
    return outcomes
  }

  /** A signal that comes when all is done changes nothing any more; every other one ends the run. */
  function expectAnswers(outcomes: readonly Interrupted[], code: number): void {
    const ended = outcomes.map((outcome) => outcome.code).filter((each) => each !== 0)
    expect(new Set(ended)).toEqual(new Set([code]))
    expect(ended.length).toBeGreaterThan(0)
    expectPrompt(outcomes)
  }

  function expectPrompt(outcomes: readonly Interrupted[]): void {
    const answers = outcomes.flatMap(({answered}) => answered ?? []).toSorted((a, b) => a - b)
    expect(answers[Math.floor((answers.length - 1) / 2)] ?? 0).toBeLessThan(answerMilliseconds)
    expect(answers.at(-1) ?? 0).toBeLessThan(worstMilliseconds)
  }

  it.for(signals)(`by $signal during backup (seed ${seed}) answers at once, ends with $code and leaves nothing`, async ({signal, code}) => {
    const before = (await listBackups(scene)).backups.length
    const outcomes = await interruptAll(['backup'], signal, interruptions)
    expectAnswers(outcomes, code)
    const {backups, broken} = await listBackups(scene)
    expect(broken).toEqual([])
    // One backup was made to measure how long it takes.
    expect(backups.length - before).toBe(1 + outcomes.filter((outcome) => outcome.code === 0).length)
  })

  it.for(signals)(`by $signal during verify (seed ${seed}) answers at once, ends with $code and leaves nothing`, async ({signal, code}) => {
    expectAnswers(await interruptAll(['verify', id], signal, interruptions), code)
    expect((await listBackups(scene)).backups.find((backup) => backup.id === id)).toMatchObject({proven: true})
  })

  it.for(signals)(
    `by $signal during restore (seed ${seed}) leaves the old database and says so by $code, or is done`,
    async ({signal, code}) => {
      const words = ['restore', id, '--yes']
      const outcomes: Interrupted[] = []
      for (const moment of spreadMoments(interruptions, await measure(words), seed)) {
        await scene.sql('UPDATE state SET version = version + 1')
        const old = await scene.fingerprint()
        const outcome = await interruptAt(words, signal, moment)
        const live = await scene.fingerprint()
        expect(
          [
            {code, live: old},
            {code: 0, live: restored},
          ],
          `${signal} after ${moment} ms`,
        ).toContainEqual({code: outcome.code, live})
        outcomes.push(outcome)
        expect(await scene.debris(), `${signal} after ${moment} ms`).toEqual([])
        await scene.dropKept()
      }
      expectPrompt(outcomes)
    },
  )

  it('that has given its answer is done, whatever signal comes then', async () => {
    const codes: number[] = []
    for (const milliseconds of [0, 5, 10, 15, 20, 30, 40]) {
      const run = scene.start(['restore', '--list'])
      await run.prints(/newest first/)
      await delay(milliseconds)
      run.child.kill('SIGTERM')
      codes.push((await run.ended).code)
    }
    expect(codes).toEqual(codes.map(() => 0))
  })

  it('a second time stops at once, and the next run cleans up what the first could not', async () => {
    const run = scene.start(['backup'])
    // A program that is stopped cannot end politely, so the clean-up lasts until it is ended by force.
    const held = await scene.holdDump(run)
    run.child.kill('SIGINT')
    await run.prints(/cleaning up/)
    // Two signals within 200 ms count as one.
    await delay(250)
    const again = performance.now()
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(performance.now() - again).toBeLessThan(worstMilliseconds)
    held.release()
    await makeBackup(scene)
    expect(await scene.debris()).toEqual([])
  })
})
