import {readdir, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

describe('the lock', () => {
  let scene: HostScene
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (testbed.hostPostgresBin) scene = await openHostScene(testbed)
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  const lockFile = async () => {
    const folder = path.join(scene.state, 'locks')
    return path.join(
      folder,
      (await readdir(folder)).find((name) => name.endsWith('.lock'))!,
    )
  }

  /** Starts a backup, stops its dump where it is, and returns the lock file as that run wrote it. */
  async function holdLock() {
    const run = scene.start(['backup'])
    const held = await scene.holdDump(run)
    const file = await lockFile()
    return {run, held, file, text: await readFile(file, 'utf8')}
  }

  it('lets one backup run at a time and names the holder to the other, who may wait', async () => {
    const {run, held} = await holdLock()
    const refused = await scene.run(['backup'])
    expect(refused).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(new RegExp(`sparkone backup of .* \\(process ${run.child.pid}\\)`)),
    })
    expect(JSON.parse((await scene.run(['restore', 'latest', '--yes', '--json'])).stdout)).toMatchObject({
      exitCode: 5,
      error: {kind: 'locked'},
    })
    const waiting = scene.start(['backup', '--lock-wait', '30s'])
    held.release()
    expect(await run.ended).toMatchObject({code: 0})
    expect(await waiting.ended).toMatchObject({code: 0})
    expect(await scene.debris()).toEqual([])
  })

  it('of a run that died, or of before the last boot, is taken over', async () => {
    const {run, held, file, text} = await holdLock()
    run.child.kill('SIGKILL')
    await run.ended
    held.release()
    await makeBackup(scene)
    // This process lives, but the lock of that number is from another boot, or from a process that had it before.
    const holder = JSON.parse(text) as Record<string, unknown>
    for (const trait of [{bootId: '00000000-0000-0000-0000-000000000000'}, {processStart: '1'}]) {
      await writeFile(file, JSON.stringify({...holder, pid: process.pid, ...trait}))
      await makeBackup(scene)
      expect(await scene.debris()).toEqual([])
    }
    await writeFile(file, '{"pid": 1')
    await makeBackup(scene)
    expect(await scene.debris()).toEqual([])
  })

  it('of a run on another machine is respected', async () => {
    const {run, held, file, text} = await holdLock()
    held.release()
    await run.ended
    await writeFile(file, JSON.stringify({...(JSON.parse(text) as object), host: 'elsewhere'}))
    expect(await scene.run(['backup'])).toMatchObject({code: 5, stderr: expect.stringContaining('@elsewhere')})
  })
})
