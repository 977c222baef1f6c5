import {mkdir, readdir, rm, stat, statfs, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {damageOf, dumpNameIn, listBackups, makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const page = 4096
const plenty = 'size=64m,nr_inodes=10000'

describe('a disk for backups that fills up', () => {
  let scene: HostScene
  let disk: string
  let filler: string
  let dumpBytes: number
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin || process.getuid?.() !== 0) return
    const made = await openHostScene(testbed)
    disk = path.join(made.folder, 'backups')
    filler = path.join(disk, 'filler')
    await mkdir(disk)
    await execa('mount', ['-t', 'tmpfs', '-o', plenty, 'sparkone-faults', disk])
    scene = made
    const {location} = await makeBackup(scene)
    dumpBytes = (await stat(path.join(location, await dumpNameIn(location)))).size
    await rm(location, {recursive: true})
  })
  afterAll(async () => {
    if (scene) await execa('umount', [disk])
    await scene?.[Symbol.asyncDispose]()
  })
  beforeEach(({skip}) => skip(!scene, 'a small disk can only be mounted by root'))
  afterEach(async () => {
    if (!scene) return
    await execa('mount', ['-o', `remount,${plenty}`, disk])
    for (const name of await readdir(disk)) await rm(path.join(disk, name), {recursive: true})
  })

  /** Fills the disk but for some pages, with those that a backup under way has taken already. */
  async function leavePages(pages: number): Promise<void> {
    const {blocks, bavail} = await statfs(disk)
    await writeFile(filler, Buffer.alloc(Math.min(bavail, blocks - pages) * page)).catch((error: {code?: string}) => {
      // The backup took some meanwhile: the disk is full, which was the point.
      if (error.code !== 'ENOSPC') throw error
    })
  }

  async function leaveInodes(inodes: number): Promise<void> {
    const {files, ffree} = await statfs(disk)
    await execa('mount', ['-o', `remount,nr_inodes=${files - ffree + inodes}`, disk])
  }

  /** What is there after a run that had too little room; a backup that it made must be whole, and is removed. */
  async function stateAfter(run: {code: number; stderr: string}) {
    const {backups, broken} = await listBackups(scene)
    for (const {location} of backups) {
      expect(await damageOf(location)).toEqual([])
      await rm(location, {recursive: true})
    }
    const said = /No space is left|free\.$/m.test(run.stderr)
    return {code: run.code, said, backups: backups.length, broken, debris: await scene.debris()}
  }

  const refused = {code: 12, said: true, backups: 0, broken: [], debris: []}

  it('before the backup begins, refuses it', async () => {
    await leavePages(20)
    expect(await stateAfter(await scene.run(['backup']))).toEqual(refused)
  })

  it('half-way, gives up with one sentence and leaves nothing, wherever it happens', async () => {
    const outcomes: number[] = []
    const dumpPages = Math.ceil(dumpBytes / page)
    const shares = [0, 0.5, 0.95].map((share) => Math.floor(dumpPages * share))
    for (const room of [...shares, ...[0, 1, 2, 3, 30].map((more) => dumpPages + more)]) {
      const run = scene.start(['backup'])
      const held = await scene.holdDump(run)
      await leavePages(room)
      held.release()
      const ended = await run.ended
      outcomes.push(ended.code)
      expect(await stateAfter(ended), `room for ${room} pages: ${ended.stderr}`).toEqual(
        ended.code === 0 ? {...refused, code: 0, said: false, backups: 1} : refused,
      )
      await rm(filler)
    }
    expect(outcomes.slice(0, 5)).toEqual([12, 12, 12, 12, 12])
    expect(outcomes.at(-1)).toBe(0)
  })

  it('with files rather than bytes, lock and journal included, gives up with one sentence, wherever it happens', async () => {
    const environment = {SPARKONE_STATE_DIR: path.join(disk, 'state')}
    const outcomes: number[] = []
    for (let inodes = 0; outcomes.at(-1) !== 0 && inodes < 20; inodes += 1) {
      for (const name of await readdir(disk)) await rm(path.join(disk, name), {recursive: true})
      await leaveInodes(inodes)
      const ended = await scene.run(['backup'], {environment})
      outcomes.push(ended.code)
      expect(await stateAfter(ended), `room for ${inodes} files: ${ended.stderr}`).toMatchObject(
        ended.code === 0 ? {backups: 1, broken: [], debris: []} : refused,
      )
    }
    expect(outcomes.length).toBeGreaterThan(8)
    expect(outcomes.at(-1)).toBe(0)
  })
})
