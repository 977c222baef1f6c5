import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {listBackups, makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

describe('a dump that is lost half-way on a server of this machine', () => {
  let scene: HostScene
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (testbed.hostPostgresBin) scene = await openHostScene(testbed)
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  it('because pg_dump was killed, is no backup and leaves nothing', async () => {
    const run = scene.start(['backup'])
    process.kill((await scene.holdDump(run)).pid, 'SIGKILL')
    expect(await run.ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Dumping database shop failed: pg_dump was ended by SIGKILL/),
    })
    expect(await listBackups(scene)).toMatchObject({backups: [], broken: []})
    expect(await scene.debris()).toEqual([])
  })

  it('because the server ended its session, is no backup and leaves nothing', async () => {
    const run = scene.start(['backup'])
    const held = await scene.holdDump(run)
    await scene.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY %'`)
    held.release()
    expect(await run.ended).toMatchObject({
      code: 10,
      stderr: expect.stringMatching(/^Dumping database shop failed: .*(?:terminating|closed) /m),
    })
    expect(await listBackups(scene)).toMatchObject({backups: [], broken: []})
    expect(await scene.debris()).toEqual([])
    await makeBackup(scene)
  })

  it('because its server went away, is no backup and leaves nothing', async () => {
    const run = scene.start(['backup'])
    const held = await scene.holdDump(run)
    // What a crash of one backend does: the server ends all sessions and recovers.
    const [backend] = (await scene.sql(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %'`)).split('\n')
    process.kill(Number(backend), 'SIGKILL')
    held.release()
    const {code, stderr} = await run.ended
    expect(code).toBe(10)
    expect(stderr).toMatch(/^Dumping database shop failed: /m)
    expect((await listBackups(scene)).broken).toEqual([])
  })
})
